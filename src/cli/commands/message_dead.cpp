// pgqrs message dead, redrive, discard: messages that were given up.
#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "cli/commands/commands.hpp"
#include "cli/commands/looking.hpp"
#include "cli/failure.hpp"
#include "cli/output/rows.hpp"
#include "cli/output/text.hpp"
#include "pgqrs/client/admin.hpp"

namespace pgqrs::cli {
namespace {

void add_dead(Command& group) {
    struct Options {
        std::string queue;
        Page page;
    };
    auto options = std::make_shared<Options>();
    Command command = group.add("dead", "List dead messages of a queue by id");
    command.queue(options->queue);
    add_page(command, options->page);
    command.runs([options](Context& context) {
        Admin admin(context.connection());
        show_page<DeadLetter>(
            context, options->page, dead_letter_fields(),
            [&](std::int64_t after, int quantity) {
                return admin.list_dead(options->queue, after, quantity);
            },
            "no dead messages");
    });
}

struct Redrive {
    std::string queue;
    std::vector<std::int64_t> ids;
    std::optional<std::string> target;
    std::optional<std::int64_t> limit;
};

void redrive(Context& context, const Redrive& what) {
    RedriveOptions options{.target = what.target, .quantity = what.limit};
    if (!what.ids.empty()) {
        options.ids = what.ids;
    }
    const auto sent = Admin(context.connection()).redrive(what.queue, options);
    const std::string where = what.target ? "to queue \"" + *what.target + "\"" : "back";
    context.show_done(
        record_of({{"queue", text_value(what.queue)}, {"sent", number_value(sent)}}),
        number_of(sent, "dead message") + " of queue \"" + what.queue + "\" sent " + where,
        std::to_string(sent));
}

void add_redrive(Command& group) {
    auto options = std::make_shared<Redrive>();
    Command command =
        group.add("redrive", "Send dead messages back to the queues that they died in");
    command.queue(options->queue);
    command.optional_ids(options->ids, "Ids of dead messages; without, all");
    command.option("--to", options->target, "Send them to this queue instead");
    command.count("--limit", options->limit, "At most so many, the lowest ids first [all]");
    command.runs([options](Context& context) { redrive(context, *options); });
}

void discard(Context& context, const std::string& queue, const std::vector<std::int64_t>& ids) {
    const auto deleted = Admin(context.connection()).discard(queue, ids);
    context.show_done(record_of({{"queue", text_value(queue)}, {"deleted", number_value(deleted)}}),
                      number_of(deleted, "dead message") + " of queue \"" + queue + "\" deleted",
                      std::to_string(deleted));
    const auto missing = static_cast<std::int64_t>(ids.size()) - deleted;
    if (missing > 0) {
        context.output().finish();
        throw Failure(Exit::not_found,
                      std::to_string(missing) + " of the ids " + (missing == 1 ? "is" : "are") +
                          " not among the dead messages of queue \"" + queue + "\"",
                      "\"pgqrs message dead\" lists them.");
    }
}

void add_discard(Command& group) {
    struct Options {
        std::string queue;
        std::vector<std::int64_t> ids;
    };
    auto options = std::make_shared<Options>();
    Command command = group.add("discard", "Delete dead messages for good");
    command.queue(options->queue);
    command.ids(options->ids, "Ids of dead messages");
    command.runs([options](Context& context) { discard(context, options->queue, options->ids); });
}

}  // namespace

void add_message_dead(Command& group) {
    add_dead(group);
    add_redrive(group);
    add_discard(group);
}

}  // namespace pgqrs::cli
