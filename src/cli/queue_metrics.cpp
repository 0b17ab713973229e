// pgqrs queue metrics: how many messages queues hold, in which states.
#include <memory>
#include <optional>
#include <string>

#include "cli/commands.hpp"
#include "cli/rows.hpp"
#include "pgqrs/client/admin.hpp"

namespace pgqrs::cli {
namespace {

struct Options {
    std::optional<std::string> queue;
    bool exact = false;
};

void run(Context& context, const Options& options) {
    Admin admin(context.connection());
    if (options.queue) {
        const Metrics metrics = admin.queue_metrics(*options.queue, options.exact);
        context.show_one(table_of<Metrics>(metrics_fields(), {metrics}));
    } else {
        context.show_list(table_of(metrics_fields(), admin.all_queues_metrics(options.exact)),
                          "no queues");
    }
}

}  // namespace

void add_queue_metrics(Command& group) {
    auto options = std::make_shared<Options>();
    Command command = group.add("metrics", "Count the messages of one queue or of all, by state");
    command.queue(options->queue);
    command.flag("--exact", options->exact,
                 "Count large queues, too, which takes time (see the column exact)");
    command.runs([options](Context& context) { run(context, *options); });
}

}  // namespace pgqrs::cli
