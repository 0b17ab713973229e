// pgqrs message delete: delete messages without keeping them.
#include <memory>

#include "cli/commands.hpp"
#include "cli/finishing.hpp"

namespace pgqrs::cli {
void add_message_delete(Command& group) {
    auto options = std::make_shared<Finish>();
    Command command = group.add("delete", "Delete messages without keeping them");
    add_finish(command, *options);
    command.runs([options](Context& context) {
        finish(
            context, *options, "deleted",
            [&](Consumer& consumer) {
                return consumer.remove(options->ids.front(), options->read_ct);
            },
            [&](Consumer& consumer) { return consumer.remove_batch(options->ids); });
    });
}

}  // namespace pgqrs::cli
