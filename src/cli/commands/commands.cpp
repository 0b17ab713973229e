#include "cli/commands/commands.hpp"

namespace pgqrs::cli {

void add_commands(Command& root) {
    add_extension_commands(root);
    add_queue_commands(root);
    add_message_commands(root);
    add_archive_commands(root);
    add_work(root);
    add_top(root);
    add_worker_commands(root);
    add_maintain(root);
    add_completion(root);
    add_manual(root);
}

void add_message_commands(Command& root) {
    Command message = root.add("message", "Messages: send, take, finish, look at");
    add_message_send(message);
    add_message_taking(message);
    add_message_finishing(message);
    add_message_failing(message);
    add_message_dead(message);
    add_message_looking(message);
    add_message_export(message);
}

}  // namespace pgqrs::cli
