// pgqrs queue show: one queue with its settings.
#include <memory>
#include <string>

#include "cli/commands.hpp"
#include "cli/rows.hpp"
#include "pgqrs/client/admin.hpp"

namespace pgqrs::cli {
void add_queue_show(Command& group) {
    auto name = std::make_shared<std::string>();
    Command command = group.add("show", "Show the settings of a queue");
    command.queue(*name);
    command.runs([name](Context& context) {
        const Queue queue = Admin(context.connection()).get_queue(*name);
        context.show_one(table_of<Queue>(queue_fields(), {queue}));
    });
}

}  // namespace pgqrs::cli
