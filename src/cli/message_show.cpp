// pgqrs message show: one message with its payload.
#include <memory>
#include <string>

#include "cli/commands.hpp"
#include "cli/looking.hpp"

namespace pgqrs::cli {
namespace {

struct Options {
    std::string queue;
    std::int64_t id = 0;
    bool archive = false;
};

}  // namespace

void add_message_show(Command& group) {
    auto options = std::make_shared<Options>();
    Command command = group.add("show", "Show one message");
    command.queue(options->queue);
    command.id("id", options->id, "Id of the message");
    command.flag("--archive", options->archive, "Look into the archive");
    command.runs([options](Context& context) {
        show_message(context, options->queue, options->id,
                     options->archive ? From::archive : From::messages);
    });
}

}  // namespace pgqrs::cli
