// pgqrs archive count: the number of archived messages.
#include <memory>
#include <optional>
#include <string>

#include "cli/commands.hpp"
#include "cli/looking.hpp"

namespace pgqrs::cli {
namespace {

struct Options {
    std::optional<std::string> queue;
};

}  // namespace

void add_archive_count(Command& group) {
    auto options = std::make_shared<Options>();
    Command command = group.add("count", "Count archived messages, of one queue or of all");
    command.queue(options->queue);
    command.runs(
        [options](Context& context) { count_messages(context, options->queue, From::archive); });
}

}  // namespace pgqrs::cli
