// pgqrs message fail, cancel, failures: jobs that did not succeed, or are not to.
#include <climits>
#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "cli/commands/commands.hpp"
#include "cli/failure.hpp"
#include "cli/output/rows.hpp"
#include "cli/output/text.hpp"
#include "pgqrs/client/admin.hpp"
#include "pgqrs/client/consumer.hpp"

namespace pgqrs::cli {
namespace {

struct Fail {
    std::string queue;
    std::vector<std::int64_t> ids;
    std::optional<std::string> error;
    std::optional<int> read_ct;
    std::optional<Duration> delay;
    bool dead = false;
};

std::string joined(const std::vector<std::int64_t>& ids) {
    std::string list;
    for (const auto id : ids) {
        list += (list.empty() ? "" : ", ") + std::to_string(id);
    }
    return list;
}

std::string sentence_of(const Failed& failed) {
    const std::string start = "message " + std::to_string(failed.id) + " failed";
    if (failed.result == FailureResult::retrying && failed.available_at) {
        return start + ", next attempt at " + to_iso8601(*failed.available_at);
    }
    return start + " and is " + to_string(failed.result);
}

void show(Context& context, const std::vector<Failed>& all) {
    if (context.globals().format != Format::table) {
        context.show_list(table_of(failed_fields(), all), "");
        return;
    }
    for (const auto& failed : all) {
        if (failed.result != FailureResult::lost && !context.globals().quiet) {
            context.output().write(sentence_of(failed) + "\n");
        }
    }
}

void fail(Context& context, const Fail& what) {
    if (what.read_ct && what.ids.size() > 1) {
        throw UsageError("--read-ct is for one message only");
    }
    if (what.dead && what.delay) {
        throw UsageError("either --dead or --delay, not both");
    }
    const std::string error = what.error.value();
    const FailOptions options{.retry = !what.dead, .delay = what.delay};
    Consumer consumer(context.connection(), what.queue);
    const auto all =
        what.read_ct ? std::vector{consumer.fail(what.ids.front(), error, what.read_ct, options)}
                     : consumer.fail_batch(what.ids, {error}, options);
    show(context, all);
    context.output().finish();
    std::vector<std::int64_t> lost;
    for (const auto& failed : all) {
        if (failed.result == FailureResult::lost) {
            lost.push_back(failed.id);
        }
    }
    if (lost.empty()) {
        return;
    }
    if (what.read_ct) {
        throw Failure(Exit::lease_lost,
                      "message " + joined(lost) + " is gone or was delivered again",
                      "Whoever has it now goes on undisturbed.");
    }
    throw Failure(Exit::not_found, "queue \"" + what.queue + "\" has no message" +
                                       (lost.size() == 1 ? " " : "s ") + joined(lost) +
                                       " with a lease");
}

void add_fail(Command& group) {
    auto options = std::make_shared<Fail>();
    Command command =
        group.add("fail", "End deliveries as failed: tried again after the back-off, or dead");
    command.queue(options->queue);
    command.ids(options->ids, "Ids of the messages");
    command.option("--error", options->error, "What went wrong");
    command.require("--error");
    command.number("--read-ct", options->read_ct, 1, INT_MAX,
                   "Only if this is still its latest delivery (fencing; for one message)");
    command.option("--delay", options->delay,
                   "Until they are delivered again [the queue's back-off]");
    command.flag("--dead", options->dead, "Do not try again: they are dead at once");
    command.runs([options](Context& context) { fail(context, *options); });
}

std::string sentence_of(const Cancelled& cancelled) {
    return "message " + std::to_string(cancelled.id) +
           (cancelled.result == CancelResult::requested
                ? " is being worked on: it leaves when that ends"
                : " cancelled");
}

void cancel(Context& context, const std::string& queue, const std::vector<std::int64_t>& ids) {
    const auto all = Admin(context.connection()).cancel(queue, ids);
    std::vector<std::int64_t> missing;
    std::string text;
    for (const auto& cancelled : all) {
        if (cancelled.result == CancelResult::not_found) {
            missing.push_back(cancelled.id);
        } else {
            text += sentence_of(cancelled) + "\n";
        }
    }
    if (context.globals().format != Format::table) {
        context.show_list(table_of(cancelled_fields(), all), "");
    } else if (!context.globals().quiet) {
        context.output().write(text);
    }
    context.output().finish();
    if (!missing.empty()) {
        throw Failure(Exit::not_found, "queue \"" + queue + "\" has no message" +
                                           (missing.size() == 1 ? " " : "s ") + joined(missing));
    }
}

void add_cancel(Command& group) {
    struct Options {
        std::string queue;
        std::vector<std::int64_t> ids;
    };
    auto options = std::make_shared<Options>();
    Command command = group.add("cancel", "Cancel messages, also those that somebody works on");
    command.queue(options->queue);
    command.ids(options->ids, "Ids of the messages");
    command.runs([options](Context& context) { cancel(context, options->queue, options->ids); });
}

void add_failures(Command& group) {
    struct Options {
        std::string queue;
        std::int64_t id = 0;
    };
    auto options = std::make_shared<Options>();
    Command command = group.add("failures", "List what went wrong with a message, oldest first");
    command.queue(options->queue);
    command.id("id", options->id, "Id of the message, archived or not");
    command.runs([options](Context& context) {
        const auto failures =
            Admin(context.connection()).list_failures(options->queue, options->id);
        context.show_list(table_of(failure_fields(), failures), "no failures");
    });
}

}  // namespace

void add_message_failing(Command& group) {
    add_fail(group);
    add_cancel(group);
    add_failures(group);
}

}  // namespace pgqrs::cli
