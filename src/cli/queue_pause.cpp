// pgqrs queue pause: stops deliveries from a queue.
#include <memory>
#include <string>

#include "cli/commands.hpp"
#include "pgqrs/client/admin.hpp"

namespace pgqrs::cli {
void add_queue_pause(Command& group) {
    auto name = std::make_shared<std::string>();
    Command command =
        group.add("pause", "Stop delivering messages of a queue; it still accepts them");
    command.queue(*name);
    command.runs([name](Context& context) {
        const bool changed = Admin(context.connection()).pause_queue(*name);
        context.show_done(record_of({{"queue", text_value(*name)},
                                     {"paused", boolean_value(true)},
                                     {"changed", boolean_value(changed)}}),
                          "queue \"" + *name + "\" " + (changed ? "paused" : "was paused already"));
    });
}

}  // namespace pgqrs::cli
