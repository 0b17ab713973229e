// pgqrs queue delete: removes a queue.
#include <memory>
#include <string>

#include "cli/commands.hpp"
#include "cli/text.hpp"
#include "pgqrs/client/admin.hpp"

namespace pgqrs::cli {
namespace {

struct Options {
    std::string queue;
    bool force = false;
};

void run(Context& context, const Options& options) {
    const auto deleted = Admin(context.connection()).drop_queue(options.queue, options.force);
    context.show_done(
        record_of({{"queue", text_value(options.queue)}, {"deleted", number_value(deleted)}}),
        "queue \"" + options.queue + "\" deleted, " + number_of(deleted, "message") + " with it",
        std::to_string(deleted));
}

}  // namespace

void add_queue_delete(Command& group) {
    auto options = std::make_shared<Options>();
    Command command = group.add("delete", "Delete a queue that holds no messages, and its archive");
    command.queue(options->queue);
    command.flag("--force", options->force, "Also when it holds messages");
    command.runs([options](Context& context) { run(context, *options); });
}

}  // namespace pgqrs::cli
