// Finishing messages; see finishing.hpp.
#include "cli/finishing.hpp"

#include <algorithm>
#include <climits>

#include "cli/failure.hpp"

namespace pgqrs::cli {
namespace {

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

}  // namespace

void add_read_ct(Command& command, std::optional<int>& target) {
    command.number("--read-ct", target, 1, INT_MAX,
                   "Only if this is still its latest delivery (fencing; for one message)");
}

void add_finish(Command& command, Finish& target) {
    command.queue(target.queue);
    command.ids(target.ids, "Ids of the messages");
    add_read_ct(command, target.read_ct);
}

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

}  // namespace pgqrs::cli
