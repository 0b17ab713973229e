// pgqrs message dequeue: takes the next message.
#include <memory>
#include <string>

#include "cli/commands.hpp"
#include "cli/rows.hpp"
#include "pgqrs/client/consumer.hpp"

namespace pgqrs::cli {
namespace {

struct Options {
    std::string queue;
    std::optional<Duration> lock_time;
    std::optional<Duration> wait;
};

void run(Context& context, const Options& options) {
    Consumer consumer(context.connection(), options.queue, {.lock_time = options.lock_time});
    const auto message = consumer.dequeue(options.wait.value_or(Duration()));
    std::vector<Message> rows;
    if (message) {
        rows.push_back(*message);
    }
    context.show_one(table_of(message_fields(), rows), "no message");
}

}  // namespace

void add_message_dequeue(Command& group) {
    auto options = std::make_shared<Options>();
    Command command = group.add("dequeue", "Take the next message and show it");
    command.queue(options->queue);
    command.option("--lock-time", options->lock_time,
                   "Length of the lease [the configuration's or the queue's]");
    command.option("--wait", options->wait, "Wait for a message, up to a minute [0]");
    command.runs([options](Context& context) { run(context, *options); });
}

}  // namespace pgqrs::cli
