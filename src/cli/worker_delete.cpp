// pgqrs worker delete: removes the row of a worker that is gone.
#include <memory>

#include "cli/commands.hpp"
#include "cli/failure.hpp"
#include "pgqrs/client/tables.hpp"

namespace pgqrs::cli {
void add_worker_delete(Command& group) {
    auto id = std::make_shared<std::int64_t>();
    Command command = group.add(
        "delete", "Remove a worker that is gone; its messages come back when their leases end");
    command.id("id", *id, "Id of the worker");
    command.runs([id](Context& context) {
        if (!Workers(context.connection()).remove(*id)) {
            throw Failure(Exit::not_found, "no worker " + std::to_string(*id) + " is registered");
        }
        context.show_done(record_of({{"id", number_value(*id)}, {"done", boolean_value(true)}}),
                          "worker " + std::to_string(*id) + " deleted");
    });
}

}  // namespace pgqrs::cli
