// pgqrs message read, dequeue: take messages and show them.
#include <algorithm>
#include <memory>
#include <string>

#include "cli/commands/commands.hpp"
#include "cli/commands/looking.hpp"
#include "cli/failure.hpp"
#include "cli/output/rows.hpp"
#include "cli/output/text.hpp"
#include "pgqrs/client/consumer.hpp"

namespace pgqrs::cli {
namespace {

struct ReadOptions {
    std::string queue;
    std::optional<int> count;
    std::optional<Duration> lock_time;
    std::optional<std::string> type;
    std::optional<std::string> then;
    bool archive = false;
};

// Those of another type were delivered, too: the server cannot choose by a header. They go back at once, into their old
// place; that delivery stays counted in their read_ct.
void give_back_others(Context& context, Consumer& consumer, const std::string& type,
                      std::vector<Message>& messages) {
    const auto others =
        std::stable_partition(messages.begin(), messages.end(),
                              [&](const Message& message) { return message.type() == type; });
    const std::vector<Message> back(others, messages.end());
    messages.erase(others, messages.end());
    if (!back.empty()) {
        consumer.release_batch(back);
        context.note(number_of(static_cast<std::int64_t>(back.size()), "message") +
                     " of another type given back");
    }
}

void finish(Consumer& consumer, const std::vector<Message>& messages, bool remove) {
    std::string lost;
    for (const auto& [id, done] :
         remove ? consumer.remove_batch(messages) : consumer.archive_batch(messages)) {
        lost += done ? "" : (lost.empty() ? "" : ", ") + std::to_string(id);
    }
    if (!lost.empty()) {
        throw Failure(Exit::lease_lost, std::string("not ") + (remove ? "deleted" : "archived") +
                                            ", because their leases were lost: " + lost);
    }
}

// As in 0.1.0, and as --archive does in the other commands: takes nothing.
void look_into_archive(Context& context, const ReadOptions& options) {
    if (options.then || options.lock_time || options.type) {
        throw UsageError("--archive takes no messages, so it goes with --count only",
                         "To archive what is taken, say --then archive.");
    }
    Page page;
    page.limit = options.count.value_or(context.config().default_batch_size);
    list_messages(context, options.queue, From::archive, page);
}

void read(Context& context, const ReadOptions& options) {
    if (options.archive) {
        look_into_archive(context, options);
        return;
    }
    Consumer consumer(context.connection(), options.queue, {.lock_time = options.lock_time});
    auto messages = consumer.dequeue_batch(options.count.value_or(0));
    if (options.type) {
        give_back_others(context, consumer, *options.type, messages);
    }
    context.show_list(table_of(message_fields(), messages), "no messages");
    // What could not be shown is not finished: it will be delivered again.
    context.output().finish();
    if (options.then) {
        finish(consumer, messages, *options.then == "delete");
    }
}

void add_read(Command& group) {
    auto options = std::make_shared<ReadOptions>();
    Command command = group.add("read", "Take a batch of messages and show it");
    command.queue(options->queue);
    command.number("--count", options->count, 1, 1'000'000,
                   "Messages to take at most [the configuration's batch size]");
    command.option("--lock-time", options->lock_time,
                   "Length of the lease [the configuration's or the queue's]");
    command.option("--message-type", options->type,
                   "Keep those with this header \"type\" and give back the others");
    command.choice("--then", options->then, {"archive", "delete"},
                   "What becomes of the messages that were shown [they stay, leased]");
    command.flag("--archive", options->archive, "Look into the archive instead: takes nothing");
    command.runs([options](Context& context) { read(context, *options); });
}

void add_dequeue(Command& group) {
    struct Options {
        std::string queue;
        std::optional<Duration> lock_time;
        std::optional<Duration> wait;
    };
    auto options = std::make_shared<Options>();
    Command command = group.add("dequeue", "Take the next message and show it");
    command.queue(options->queue);
    command.option("--lock-time", options->lock_time,
                   "Length of the lease [the configuration's or the queue's]");
    command.option("--wait", options->wait, "Wait for a message, up to a minute [0]");
    command.runs([options](Context& context) {
        Consumer consumer(context.connection(), options->queue, {.lock_time = options->lock_time});
        std::vector<Message> rows;
        if (auto message = consumer.dequeue(options->wait.value_or(Duration()))) {
            rows.push_back(std::move(*message));
        }
        context.show_one(table_of(message_fields(), rows), "no message");
    });
}

}  // namespace

void add_message_taking(Command& group) {
    add_read(group);
    add_dequeue(group);
}

}  // namespace pgqrs::cli
