// pgqrs queue retention: shows and sets how long archived messages are kept.
#include <memory>
#include <optional>
#include <string>

#include "cli/commands/commands.hpp"
#include "cli/failure.hpp"
#include "cli/output/rows.hpp"
#include "pgqrs/client/admin.hpp"

namespace pgqrs::cli {
namespace {

struct Options {
    std::optional<std::string> queue;
    std::optional<std::string> outcome;
    std::optional<Duration> max_age;
    std::optional<std::int64_t> max_count;
    bool forever = false;
};

std::optional<Outcome> outcome_of(const std::optional<std::string>& word) {
    for (const auto outcome :
         {Outcome::done, Outcome::dead, Outcome::cancelled, Outcome::expired}) {
        if (word == to_string(outcome)) {
            return outcome;
        }
    }
    return std::nullopt;
}

void run(Context& context, const Options& options) {
    const bool limits = options.max_age || options.max_count;
    if (limits && options.forever) {
        throw UsageError("either --forever or --max-age and --max-count");
    }
    if (!limits && !options.forever && options.outcome) {
        throw UsageError("--outcome goes with --max-age, --max-count or --forever");
    }
    if ((limits || options.forever) && !options.queue) {
        throw UsageError("the name of the queue is missing");
    }
    Admin admin(context.connection());
    const auto rules =
        limits || options.forever
            ? admin.set_retention(*options.queue, {.outcome = outcome_of(options.outcome),
                                                   .max_age = options.max_age,
                                                   .max_count = options.max_count})
            : admin.list_retention(options.queue);
    context.show_list(table_of(retention_fields(), rules), "no rules: nothing is removed");
}

}  // namespace

void add_queue_retention(Command& group) {
    auto options = std::make_shared<Options>();
    Command command = group.add("retention", "Show or set how long archived messages are kept");
    command.queue(options->queue);
    command.choice("--outcome", options->outcome, {"done", "dead", "cancelled", "expired"},
                   "Set it for messages that left so [all]");
    command.option("--max-age", options->max_age, "Remove those archived longer ago");
    command.count("--max-count", options->max_count, "Keep so many, those with the highest ids");
    command.flag("--forever", options->forever, "Remove none");
    command.runs([options](Context& context) { run(context, *options); });
}

}  // namespace pgqrs::cli
