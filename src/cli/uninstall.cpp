// pgqrs uninstall: removes the extension and all that is in it.
#include <memory>

#include "cli/commands.hpp"
#include "pgqrs/client/admin.hpp"

namespace pgqrs::cli {

void add_uninstall(Command& root) {
    auto force = std::make_shared<bool>(false);
    Command command =
        root.add("uninstall",
                 "Remove pgqrs with all queues and archives from the database (DROP EXTENSION)");
    command.flag("--force", *force, "Also when there are messages");
    command.runs([force](Context& context) {
        const bool removed = Admin(context.connection()).uninstall(*force);
        context.show_done(record_of({{"changed", boolean_value(removed)}}),
                          removed ? "pgqrs removed" : "pgqrs was not installed");
    });
}

}  // namespace pgqrs::cli
