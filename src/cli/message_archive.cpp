// pgqrs message archive: move messages to the archive.
#include <memory>

#include "cli/commands.hpp"
#include "cli/finishing.hpp"

namespace pgqrs::cli {
void add_message_archive(Command& group) {
    auto options = std::make_shared<Finish>();
    Command command = group.add("archive", "Move messages to the archive");
    add_finish(command, *options);
    command.runs([options](Context& context) {
        finish(
            context, *options, "archived",
            [&](Consumer& consumer) {
                return consumer.archive(options->ids.front(), options->read_ct);
            },
            [&](Consumer& consumer) { return consumer.archive_batch(options->ids); });
    });
}

}  // namespace pgqrs::cli
