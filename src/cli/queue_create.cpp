// pgqrs queue create: makes a queue.
#include <memory>

#include "cli/commands.hpp"
#include "cli/queue_options.hpp"
#include "cli/rows.hpp"
#include "pgqrs/client/admin.hpp"

namespace pgqrs::cli {
namespace {

struct Options {
    std::string queue;
    QueueOptions settings;
    bool if_not_exists = false;
};

void run(Context& context, const Options& options) {
    const Queue queue = Admin(context.connection())
                            .create_queue(options.queue, options.settings, options.if_not_exists);
    context.show_done(
        table_of<Queue>(queue_fields(), {queue}),
        "queue \"" + queue.name + "\" " + (options.if_not_exists ? "is there" : "created"));
}

}  // namespace

void add_queue_create(Command& group) {
    auto options = std::make_shared<Options>();
    Command command = group.add("create", "Create a queue");
    command.queue(options->queue);
    add_queue_settings(command, options->settings, 1);
    command.flag("--if-not-exists", options->if_not_exists,
                 "Succeed when it exists already; its settings stay as they are");
    command.runs([options](Context& context) { run(context, *options); });
}

}  // namespace pgqrs::cli
