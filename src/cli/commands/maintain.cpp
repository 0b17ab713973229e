// pgqrs maintain: one round of what background workers do where pgqrs is preloaded.
#include <memory>
#include <optional>

#include "cli/commands/commands.hpp"
#include "cli/output/text.hpp"
#include "pgqrs/client/admin.hpp"

namespace pgqrs::cli {

void add_maintain(Command& root) {
    auto budget = std::make_shared<std::optional<Duration>>();
    Command command = root.add(
        "maintain", "Take dead and expired messages away, and what retention does not keep");
    command.option("--budget", *budget, "Begin no further step after this time [1s]");
    command.runs([budget](Context& context) {
        const auto rows =
            Admin(context.connection()).maintain(budget->value_or(std::chrono::seconds(1)));
        context.show_done(record_of({{"rows", number_value(rows)}}),
                          number_of(rows, "row") + " dealt with", std::to_string(rows));
    });
}

}  // namespace pgqrs::cli
