// pgqrs queue purge: deletes all messages of a queue.
#include <memory>
#include <string>

#include "cli/commands.hpp"
#include "cli/text.hpp"
#include "pgqrs/client/admin.hpp"

namespace pgqrs::cli {
void add_queue_purge(Command& group) {
    auto name = std::make_shared<std::string>();
    Command command = group.add("purge", "Delete all messages of a queue, but not its archive");
    command.queue(*name);
    command.runs([name](Context& context) {
        const auto deleted = Admin(context.connection()).purge_queue(*name);
        context.show_done(
            record_of({{"queue", text_value(*name)}, {"deleted", number_value(deleted)}}),
            number_of(deleted, "message") + " deleted from queue \"" + *name + "\"",
            std::to_string(deleted));
    });
}

}  // namespace pgqrs::cli
