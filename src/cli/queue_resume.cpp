// pgqrs queue resume: delivers from a paused queue again.
#include <memory>
#include <string>

#include "cli/commands.hpp"
#include "pgqrs/client/admin.hpp"

namespace pgqrs::cli {
void add_queue_resume(Command& group) {
    auto name = std::make_shared<std::string>();
    Command command = group.add("resume", "Deliver messages of a paused queue again");
    command.queue(*name);
    command.runs([name](Context& context) {
        const bool changed = Admin(context.connection()).resume_queue(*name);
        context.show_done(record_of({{"queue", text_value(*name)},
                                     {"paused", boolean_value(false)},
                                     {"changed", boolean_value(changed)}}),
                          "queue \"" + *name + "\" " + (changed ? "resumed" : "was not paused"));
    });
}

}  // namespace pgqrs::cli
