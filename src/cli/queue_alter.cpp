// pgqrs queue alter: changes the settings of a queue.
#include <memory>

#include "cli/commands.hpp"
#include "cli/failure.hpp"
#include "cli/queue_options.hpp"
#include "cli/rows.hpp"
#include "pgqrs/client/admin.hpp"

namespace pgqrs::cli {
namespace {

struct Options {
    std::string queue;
    QueueOptions settings;
};

void run(Context& context, const Options& options) {
    const auto& settings = options.settings;
    if (!settings.visibility_timeout && !settings.max_deliveries && !settings.description &&
        !settings.notify) {
        throw UsageError("nothing to change", "Give at least one of the settings.");
    }
    const Queue queue = Admin(context.connection()).alter_queue(options.queue, settings);
    context.show_done(table_of<Queue>(queue_fields(), {queue}),
                      "queue \"" + queue.name + "\" changed");
}

}  // namespace

void add_queue_alter(Command& group) {
    auto options = std::make_shared<Options>();
    Command command = group.add("alter", "Change settings of a queue; the others stay");
    command.queue(options->queue);
    add_queue_settings(command, options->settings, 0);
    command.runs([options](Context& context) { run(context, *options); });
}

}  // namespace pgqrs::cli
