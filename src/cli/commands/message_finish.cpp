// pgqrs message archive, delete, release, extend: end or prolong deliveries, and tell what was not done.
#include <climits>
#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "cli/commands/commands.hpp"
#include "cli/failure.hpp"
#include "pgqrs/client/consumer.hpp"

namespace pgqrs::cli {
namespace {

struct Finish {
    std::string queue;
    std::vector<std::int64_t> ids;
    std::optional<int> read_ct;
};

void add_read_ct(Command& command, std::optional<int>& target) {
    command.number("--read-ct", target, 1, INT_MAX,
                   "Only if this is still its latest delivery (fencing; for one message)");
}

void add_finish(Command& command, Finish& target) {
    command.queue(target.queue);
    command.ids(target.ids, "Ids of the messages");
    add_read_ct(command, target.read_ct);
}

const std::vector<Field<Finished>>& finished_fields() {
    static const std::vector<Field<Finished>> fields = {
        {"id", [](const Finished& row) { return number_value(row.id); }},
        {"done", [](const Finished& row) { return boolean_value(row.done); }},
    };
    return fields;
}

void show(Context& context, const std::vector<Finished>& all, const std::string& done) {
    if (context.globals().format != Format::table) {
        context.show_list(table_of(finished_fields(), all), "");
        return;
    }
    for (const auto& [id, finished] : all) {
        if (finished && !context.globals().quiet) {
            context.output().write("message " + std::to_string(id) + " " + done + "\n");
        }
    }
}

void refuse_unfinished(const Finish& what, const std::vector<Finished>& all) {
    std::string list;
    int count = 0;
    for (const auto& [id, finished] : all) {
        if (!finished) {
            list += (count++ == 0 ? "" : ", ") + std::to_string(id);
        }
    }
    if (count == 0) {
        return;
    }
    if (what.read_ct) {
        throw Failure(Exit::lease_lost, "message " + list + " is gone or was delivered again",
                      "Whoever has it now goes on undisturbed.");
    }
    throw Failure(Exit::not_found,
                  "queue \"" + what.queue + "\" has no message" + (count == 1 ? " " : "s ") + list);
}

// Calls `one` for a fenced message, else `many`, and shows what became of each: "message 5 archived". Raises Failure for
// those that could not be finished: lease_lost when fenced, else not_found.
void finish(Context& context, const Finish& what, const std::string& done,
            const std::function<bool(Consumer&)>& one,
            const std::function<std::vector<Finished>(Consumer&)>& many) {
    if (what.read_ct && what.ids.size() > 1) {
        throw UsageError("--read-ct is for one message only");
    }
    Consumer consumer(context.connection(), what.queue);
    const auto all =
        what.read_ct ? std::vector{Finished{what.ids.front(), one(consumer)}} : many(consumer);
    show(context, all, done);
    context.output().finish();
    refuse_unfinished(what, all);
}

void add_archive(Command& group) {
    auto options = std::make_shared<Finish>();
    Command command = group.add("archive", "Move messages to the archive");
    add_finish(command, *options);
    command.runs([options](Context& context) {
        finish(
            context, *options, "archived",
            [&](Consumer& consumer) {
                return consumer.archive(options->ids.front(), options->read_ct);
            },
            [&](Consumer& consumer) { return consumer.archive_batch(options->ids); });
    });
}

void add_delete(Command& group) {
    auto options = std::make_shared<Finish>();
    Command command = group.add("delete", "Delete messages without keeping them");
    add_finish(command, *options);
    command.runs([options](Context& context) {
        finish(
            context, *options, "deleted",
            [&](Consumer& consumer) {
                return consumer.remove(options->ids.front(), options->read_ct);
            },
            [&](Consumer& consumer) { return consumer.remove_batch(options->ids); });
    });
}

void add_release(Command& group) {
    struct Options {
        Finish what;
        std::optional<Duration> delay;
    };
    auto options = std::make_shared<Options>();
    Command command = group.add("release", "Give messages back, to be delivered again");
    add_finish(command, options->what);
    command.option("--delay", options->delay, "Deliver them this much later at the earliest [0]");
    command.runs([options](Context& context) {
        const auto& what = options->what;
        const Duration delay = options->delay.value_or(Duration());
        finish(
            context, what, "released",
            [&](Consumer& consumer) {
                return consumer.release(what.ids.front(), delay, what.read_ct);
            },
            [&](Consumer& consumer) { return consumer.release_batch(what.ids, delay); });
    });
}

struct Extension {
    std::string queue;
    std::int64_t id = 0;
    Duration by{};
    std::optional<int> read_ct;
};

void extend(Context& context, const Extension& what) {
    Consumer consumer(context.connection(), what.queue);
    const std::string id = std::to_string(what.id);
    if (!consumer.extend(what.id, what.by, what.read_ct)) {
        if (what.read_ct) {
            throw Failure(Exit::lease_lost, "message " + id + " is gone or was delivered again");
        }
        throw Failure(Exit::not_found,
                      "queue \"" + what.queue + "\" has no message " + id + " with a lease");
    }
    context.show_done(record_of({{"id", number_value(what.id)}, {"done", boolean_value(true)}}),
                      "lease of message " + id + " extended");
}

void add_extend(Command& group) {
    auto options = std::make_shared<Extension>();
    Command command = group.add("extend", "Make the lease of a message end later");
    command.queue(options->queue);
    command.id("id", options->id, "Id of the message");
    command.duration("by", options->by, "How long from now the lease lasts then, as \"5m\"");
    add_read_ct(command, options->read_ct);
    command.runs([options](Context& context) { extend(context, *options); });
}

}  // namespace

void add_message_finishing(Command& group) {
    add_archive(group);
    add_delete(group);
    add_release(group);
    add_extend(group);
}

}  // namespace pgqrs::cli
