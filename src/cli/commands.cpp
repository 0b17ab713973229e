// All commands in their groups, in the order in which the help shows them.
#include "pgqrs/cli/commands.hpp"

namespace pgqrs::cli {

void add_commands(Command& root) {
    add_install(root);
    add_uninstall(root);
    add_verify(root);

    Command queue = root.add("queue", "Queues: create, change, look at, remove");
    add_queue_create(queue);
}

}  // namespace pgqrs::cli
