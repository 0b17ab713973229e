// pgqrs queue list: all queues with their settings.
#include "cli/commands.hpp"
#include "cli/rows.hpp"
#include "pgqrs/client/admin.hpp"

namespace pgqrs::cli {
void add_queue_list(Command& group) {
    Command command = group.add("list", "List all queues");
    command.runs([](Context& context) {
        const auto queues = Admin(context.connection()).list_queues();
        context.show_list(table_of(queue_fields(), queues), "no queues");
    });
}

}  // namespace pgqrs::cli
