// pgqrs queue ...: creates, changes, shows, pauses, empties and removes queues.
#include <climits>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "cli/commands/backoff.hpp"
#include "cli/commands/commands.hpp"
#include "cli/failure.hpp"
#include "cli/output/rows.hpp"
#include "cli/output/text.hpp"
#include "pgqrs/client/admin.hpp"
#include "pgqrs/client/tables.hpp"

namespace pgqrs::cli {
namespace {

enum class Purpose { create, alter };

// The keys that were given; one empty word stands for none.
std::optional<std::vector<std::string>> keys_of(const std::vector<std::string>& words) {
    if (words.empty()) {
        return std::nullopt;
    }
    return words == std::vector<std::string>{""} ? std::vector<std::string>() : words;
}

// QueueOptions, with what was given for them in other words.
struct Given : QueueOptions {
    std::optional<std::string> backoff_word;
    std::optional<int> most_messages;
    std::vector<std::string> required_words;
    std::vector<std::string> forbidden_words;
    QueueOptions options() const {
        QueueOptions result = *this;
        result.backoff = backoff_of(backoff_word);
        result.max_messages = most_messages;
        result.required_keys = keys_of(required_words);
        result.forbidden_keys = keys_of(forbidden_words);
        return result;
    }
};

// What the queue takes from producers.
void add_producer_limits(Command& command, Given& target, bool alter) {
    const std::string none = alter ? "; 0: no limit" : " [no limit]";
    const std::string no_keys = alter ? "; repeatable; '': none" : "; repeatable";
    const int least = alter ? 0 : 1;
    command.number("--max-messages", target.most_messages, least, INT_MAX,
                   "How many messages the queue takes from producers at most" + none);
    command.real("--enqueue-rate", target.enqueue_rate,
                 "How many messages it takes a second" + none);
    command.number("--enqueue-burst", target.enqueue_burst, least, INT_MAX,
                   std::string("How many it takes at once after a pause") +
                       (alter ? "; 0: those of a second" : " [those of a second]"));
    command.number("--max-payload-bytes", target.max_payload_bytes, least, INT_MAX,
                   "The largest payload" + none);
    command.number("--max-depth", target.max_depth, least, INT_MAX,
                   "How deep a payload may be nested" + none);
    command.words("--required-key", target.required_words, "TEXT",
                  "A key that payloads must have" + no_keys);
    command.words("--forbidden-key", target.forbidden_words, "TEXT",
                  "A key that payloads must not have" + no_keys);
}

// What `create` and `alter` can set.
void add_settings(Command& command, Given& target, Purpose purpose) {
    const bool alter = purpose == Purpose::alter;
    command.option("--visibility-timeout", target.visibility_timeout,
                   std::string("How long a delivered message belongs to its consumer") +
                       (alter ? "" : " [30s]"));
    command.number("--max-deliveries", target.max_deliveries, alter ? 0 : 1, INT_MAX - 1,
                   std::string("How often a message is delivered at most") +
                       (alter ? "; 0: no limit" : " [no limit]"));
    command.option("--description", target.description, "A text for people");
    command.number(
        "--max-attempts", target.max_attempts, 0, 32767,
        std::string("A message that fails so often is dead; 0: no limit") + (alter ? "" : " [25]"));
    add_backoff(
        command,
        {target.backoff_word, target.backoff_base, target.backoff_cap, target.backoff_jitter},
        !alter);
    command.option("--dead-letter-queue", target.dead_letter_queue,
                   std::string("The queue that gets dead messages") +
                       (alter ? "; '': the archive" : " [the archive]"));
    command.option("--expires-after", target.expires_after,
                   std::string("Messages that wait longer than this are given up") +
                       (alter ? "; 0: none are" : " [none are]"));
    add_producer_limits(command, target, alter);
    if (alter) {
        command.option("--notify", target.notify, "Whether new messages cause a NOTIFY");
    } else {
        command.set_flag("--notify", target.notify, "New messages cause a NOTIFY");
    }
}

bool is_empty(const QueueOptions& settings) {
    return !settings.visibility_timeout && !settings.max_deliveries && !settings.description &&
           !settings.notify && !settings.max_attempts && !settings.backoff &&
           !settings.backoff_base && !settings.backoff_cap && !settings.backoff_jitter &&
           !settings.dead_letter_queue && !settings.expires_after && !settings.max_messages &&
           !settings.enqueue_rate && !settings.enqueue_burst && !settings.max_payload_bytes &&
           !settings.max_depth && !settings.required_keys && !settings.forbidden_keys;
}

void add_create(Command& group) {
    struct Options {
        std::string queue;
        Given settings;
        bool if_not_exists = false;
    };
    auto options = std::make_shared<Options>();
    Command command = group.add("create", "Create a queue");
    command.queue(options->queue);
    add_settings(command, options->settings, Purpose::create);
    command.flag("--if-not-exists", options->if_not_exists,
                 "Succeed when it exists already; its settings stay as they are");
    command.runs([options](Context& context) {
        const Queue queue =
            Admin(context.connection())
                .create_queue(options->queue, options->settings.options(), options->if_not_exists);
        context.show_done(
            table_of<Queue>(queue_fields(), {queue}),
            "queue \"" + queue.name + "\" " + (options->if_not_exists ? "is there" : "created"));
    });
}

void add_list(Command& group) {
    Command command = group.add("list", "List all queues");
    command.runs([](Context& context) {
        const auto queues = Admin(context.connection()).list_queues();
        context.show_list(table_of(queue_fields(), queues), "no queues");
    });
}

void add_show(Command& group) {
    auto name = std::make_shared<std::string>();
    Command command = group.add("show", "Show the settings of a queue");
    command.queue(*name);
    command.runs([name](Context& context) {
        const Queue queue = Admin(context.connection()).get_queue(*name);
        context.show_one(table_of<Queue>(queue_fields(), {queue}));
    });
}

void add_alter(Command& group) {
    struct Options {
        std::string queue;
        Given settings;
    };
    auto options = std::make_shared<Options>();
    Command command = group.add("alter", "Change settings of a queue; the others stay");
    command.queue(options->queue);
    add_settings(command, options->settings, Purpose::alter);
    command.runs([options](Context& context) {
        const QueueOptions settings = options->settings.options();
        if (is_empty(settings)) {
            throw UsageError("nothing to change", "Give at least one of the settings.");
        }
        const Queue queue = Admin(context.connection()).alter_queue(options->queue, settings);
        context.show_done(table_of<Queue>(queue_fields(), {queue}),
                          "queue \"" + queue.name + "\" changed");
    });
}

void show_paused(Context& context, const std::string& queue, bool paused, bool changed,
                 const std::string& sentence) {
    context.show_done(record_of({{"queue", text_value(queue)},
                                 {"paused", boolean_value(paused)},
                                 {"changed", boolean_value(changed)}}),
                      "queue \"" + queue + "\" " + sentence);
}

void add_pause(Command& group) {
    auto name = std::make_shared<std::string>();
    Command command =
        group.add("pause", "Stop delivering messages of a queue; it still accepts them");
    command.queue(*name);
    command.runs([name](Context& context) {
        const bool changed = Admin(context.connection()).pause_queue(*name);
        show_paused(context, *name, true, changed, changed ? "paused" : "was paused already");
    });
}

void add_resume(Command& group) {
    auto name = std::make_shared<std::string>();
    Command command = group.add("resume", "Deliver messages of a paused queue again");
    command.queue(*name);
    command.runs([name](Context& context) {
        const bool changed = Admin(context.connection()).resume_queue(*name);
        show_paused(context, *name, false, changed, changed ? "resumed" : "was not paused");
    });
}

void show_deleted(Context& context, const std::string& queue, std::int64_t deleted,
                  const std::string& sentence) {
    context.show_done(record_of({{"queue", text_value(queue)}, {"deleted", number_value(deleted)}}),
                      sentence, std::to_string(deleted));
}

// All at once, unless they are so many that others would have to wait for it.
std::int64_t purge(Context& context, const std::string& queue) {
    constexpr std::int64_t kMany = 10'000;
    Admin admin(context.connection());
    Messages messages(context.connection());
    if (messages.count_by_queue(queue) <= kMany) {
        return admin.purge_queue(queue);
    }
    const auto deleted = admin.purge(queue);
    if (const auto left = messages.count_by_queue(queue); left > 0) {
        context.note(number_of(left, "message") +
                     " left, which came meanwhile or are held by others");
    }
    return deleted;
}

void add_purge(Command& group) {
    auto name = std::make_shared<std::string>();
    Command command = group.add("purge", "Delete all messages of a queue, but not its archive");
    command.queue(*name);
    command.runs([name](Context& context) {
        const auto deleted = purge(context, *name);
        show_deleted(context, *name, deleted,
                     number_of(deleted, "message") + " deleted from queue \"" + *name + "\"");
    });
}

void add_delete(Command& group) {
    struct Options {
        std::string queue;
        bool force = false;
    };
    auto options = std::make_shared<Options>();
    Command command = group.add("delete", "Delete a queue that holds no messages, and its archive");
    command.queue(options->queue);
    command.flag("--force", options->force, "Also when it holds messages");
    command.runs([options](Context& context) {
        const auto deleted = Admin(context.connection()).drop_queue(options->queue, options->force);
        show_deleted(context, options->queue, deleted,
                     "queue \"" + options->queue + "\" deleted, " + number_of(deleted, "message") +
                         " with it");
    });
}

void add_metrics(Command& group) {
    struct Options {
        std::optional<std::string> queue;
        bool exact = false;
    };
    auto options = std::make_shared<Options>();
    Command command = group.add("metrics", "Count the messages of one queue or of all, by state");
    command.queue(options->queue);
    command.flag("--exact", options->exact,
                 "Count large queues, too, which takes time (see the column exact)");
    command.runs([options](Context& context) {
        Admin admin(context.connection());
        if (options->queue) {
            const Metrics metrics = admin.queue_metrics(*options->queue, options->exact);
            context.show_one(table_of<Metrics>(metrics_fields(), {metrics}));
        } else {
            context.show_list(table_of(metrics_fields(), admin.all_queues_metrics(options->exact)),
                              "no queues");
        }
    });
}

}  // namespace

void add_queue_commands(Command& root) {
    Command group = root.add("queue", "Queues: create, change, look at, remove");
    add_create(group);
    add_list(group);
    add_show(group);
    add_alter(group);
    add_pause(group);
    add_resume(group);
    add_purge(group);
    add_delete(group);
    add_metrics(group);
    add_queue_retention(group);
    add_queue_grants(group);
}

}  // namespace pgqrs::cli
