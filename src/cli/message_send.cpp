// pgqrs message send: puts a message into a queue.
#include <memory>
#include <string>

#include "pgqrs/cli/commands.hpp"
#include "pgqrs/cli/failure.hpp"
#include "pgqrs/cli/payload.hpp"
#include "pgqrs/client/producer.hpp"

namespace pgqrs::cli {
namespace {

struct Options {
    std::string queue;
    std::string payload;
    std::optional<Duration> delay;
    std::optional<int> priority;
    std::vector<std::string> headers;
    std::optional<std::string> type;
};

EnqueueOptions enqueue_options(const Options& options) {
    EnqueueOptions result;
    result.delay = options.delay.value_or(Duration());
    result.priority = options.priority.value_or(result.priority);
    result.headers = headers_of(options.headers);
    result.type = options.type.value_or("");
    if (options.type && result.headers.contains("type")) {
        throw UsageError("--type and --header type=... are the same header");
    }
    return result;
}

void run(Context& context, const Options& options) {
    const EnqueueOptions settings = enqueue_options(options);
    const std::string payload = read_payload(options.payload);
    check_payload(payload, "payload", context.config().validation);
    Producer producer(context.connection(), options.queue);
    // As text, so that numbers keep all their digits.
    const auto id = producer.batch_enqueue(std::vector{NewMessage{payload}}, settings).front();
    context.show_done(record_of({{"queue", text_value(options.queue)}, {"id", number_value(id)}}),
                      "message " + std::to_string(id) + " sent to queue \"" + options.queue + "\"",
                      std::to_string(id));
}

}  // namespace

void add_message_send(Command& group) {
    auto options = std::make_shared<Options>();
    Command command = group.add("send", "Send a message");
    command.queue(options->queue);
    command.text("payload", options->payload, "JSON text, or - for stdin");
    command.option("--delay", options->delay, "Deliver it this much later at the earliest [0]");
    command.number("--priority", options->priority, 0, 9, "0 is delivered first, 9 last [5]");
    command.words("--header", options->headers, "KEY=VALUE", "A header; may be repeated");
    command.option("--type", options->type, "The header \"type\"");
    command.runs([options](Context& context) { run(context, *options); });
}

}  // namespace pgqrs::cli
