// pgqrs message send: puts a message, or those of a file, into a queue.
#include <memory>
#include <string>

#include "cli/commands/commands.hpp"
#include "cli/failure.hpp"
#include "cli/sending/message_file.hpp"
#include "cli/sending/payload.hpp"
#include "pgqrs/client/producer.hpp"

namespace pgqrs::cli {
namespace {

struct Options {
    std::string queue;
    std::optional<std::string> payload;
    FileOptions file;
    std::optional<Duration> delay;
    std::optional<int> priority;
    std::vector<std::string> headers;
    std::optional<std::string> type;
    std::optional<int> max_attempts;
    std::optional<Duration> expires_after;
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
    check_file_options(options.file);
    if (options.payload.has_value() == options.file.file.has_value()) {
        throw UsageError(options.payload ? "either a payload or --file, not both"
                                         : "a payload or --file is missing");
    }
    if (options.file.file) {
        send_file(context, options.queue, settings,
                  {.max_attempts = options.max_attempts, .expires_after = options.expires_after},
                  options.file);
        return;
    }
    const std::string payload = read_payload(*options.payload);
    check_payload(payload, "payload", context.config().validation);
    Producer producer(context.connection(), options.queue);
    // As text, so that numbers keep all their digits.
    const NewMessage message{.payload = payload,
                             .max_attempts = options.max_attempts,
                             .expires_after = options.expires_after};
    const auto id = producer.batch_enqueue(std::vector{message}, settings).front();
    context.show_done(record_of({{"queue", text_value(options.queue)}, {"id", number_value(id)}}),
                      "message " + std::to_string(id) + " sent to queue \"" + options.queue + "\"",
                      std::to_string(id));
}

}  // namespace

void add_message_send(Command& group) {
    auto options = std::make_shared<Options>();
    Command command = group.add("send", "Send a message, or those in a file");
    command.queue(options->queue);
    command.text("payload", options->payload, "JSON text, or - for stdin");
    add_file_options(command, options->file);
    command.option("--delay", options->delay, "Deliver it this much later at the earliest [0]");
    command.number("--priority", options->priority, 0, 9, "0 is delivered first, 9 last [5]");
    command.words("--header", options->headers, "KEY=VALUE", "A header; may be repeated");
    command.option("--type", options->type, "The header \"type\"");
    command.number("--max-attempts", options->max_attempts, 0, 32767,
                   "When it fails so often it is dead; 0: no limit [the queue's]");
    command.option("--expires-after", options->expires_after,
                   "Give it up when it still waits this long from now [the queue's]");
    command.runs([options](Context& context) { run(context, *options); });
}

}  // namespace pgqrs::cli
