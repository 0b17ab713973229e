// pgqrs message extend: makes a lease longer.
#include <memory>

#include "cli/commands.hpp"
#include "cli/failure.hpp"
#include "cli/finishing.hpp"

namespace pgqrs::cli {
namespace {

struct Options {
    std::string queue;
    std::int64_t id = 0;
    Duration by{};
    std::optional<int> read_ct;
};

void run(Context& context, const Options& options) {
    Consumer consumer(context.connection(), options.queue);
    const std::string id = std::to_string(options.id);
    if (!consumer.extend(options.id, options.by, options.read_ct)) {
        if (options.read_ct) {
            throw Failure(Exit::lease_lost, "message " + id + " is gone or was delivered again");
        }
        throw Failure(Exit::not_found,
                      "queue \"" + options.queue + "\" has no message " + id + " with a lease");
    }
    context.show_done(record_of({{"id", number_value(options.id)}, {"done", boolean_value(true)}}),
                      "lease of message " + id + " extended");
}

}  // namespace

void add_message_extend(Command& group) {
    auto options = std::make_shared<Options>();
    Command command = group.add("extend", "Make the lease of a message end later");
    command.queue(options->queue);
    command.id("id", options->id, "Id of the message");
    command.duration("by", options->by, "How long from now the lease lasts then, as \"5m\"");
    add_read_ct(command, options->read_ct);
    command.runs([options](Context& context) { run(context, *options); });
}

}  // namespace pgqrs::cli
