// pgqrs archive show: one archived message with its payload.
#include <memory>
#include <string>

#include "cli/commands.hpp"
#include "cli/looking.hpp"

namespace pgqrs::cli {
namespace {

struct Options {
    std::string queue;
    std::int64_t id = 0;
};

}  // namespace

void add_archive_show(Command& group) {
    auto options = std::make_shared<Options>();
    Command command = group.add("show", "Show one archived message");
    command.queue(options->queue);
    command.id("id", options->id, "Id of the message");
    command.runs([options](Context& context) {
        show_message(context, options->queue, options->id, From::archive);
    });
}

}  // namespace pgqrs::cli
