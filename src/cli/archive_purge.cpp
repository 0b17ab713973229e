// pgqrs archive purge: deletes old archived messages.
#include <memory>
#include <string>

#include "cli/commands.hpp"
#include "cli/text.hpp"
#include "pgqrs/client/admin.hpp"

namespace pgqrs::cli {
namespace {

struct Options {
    std::string queue;
    std::optional<Duration> older_than;
};

void run(Context& context, const Options& options) {
    const auto deleted =
        Admin(context.connection()).purge_archive(options.queue, options.older_than.value());
    context.show_done(
        record_of({{"queue", text_value(options.queue)}, {"deleted", number_value(deleted)}}),
        number_of(deleted, "archived message") + " deleted from queue \"" + options.queue + "\"",
        std::to_string(deleted));
}

}  // namespace

void add_archive_purge(Command& group) {
    auto options = std::make_shared<Options>();
    Command command = group.add("purge", "Delete old archived messages of a queue");
    command.queue(options->queue);
    command.option("--older-than", options->older_than,
                   "Those archived longer ago than this; 0 deletes all");
    command.require("--older-than");
    command.runs([options](Context& context) { run(context, *options); });
}

}  // namespace pgqrs::cli
