// pgqrs message count: the number of messages.
#include <memory>
#include <optional>
#include <string>

#include "cli/commands.hpp"
#include "cli/looking.hpp"

namespace pgqrs::cli {
namespace {

struct Options {
    std::optional<std::string> queue;
    bool archive = false;
};

}  // namespace

void add_message_count(Command& group) {
    auto options = std::make_shared<Options>();
    Command command = group.add("count", "Count messages, of one queue or of all");
    command.queue(options->queue);
    command.flag("--archive", options->archive, "Look into the archive");
    command.runs([options](Context& context) {
        count_messages(context, options->queue, options->archive ? From::archive : From::messages);
    });
}

}  // namespace pgqrs::cli
