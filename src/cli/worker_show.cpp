// pgqrs worker show: one registered worker.
#include <memory>

#include "cli/commands.hpp"
#include "cli/failure.hpp"
#include "cli/rows.hpp"
#include "pgqrs/client/tables.hpp"

namespace pgqrs::cli {
void add_worker_show(Command& group) {
    auto id = std::make_shared<std::int64_t>();
    Command command = group.add("show", "Show one worker");
    command.id("id", *id, "Id of the worker");
    command.runs([id](Context& context) {
        const auto worker = Workers(context.connection()).get(*id);
        if (!worker) {
            throw Failure(Exit::not_found, "no worker " + std::to_string(*id) + " is registered");
        }
        context.show_one(table_of<Worker>(worker_fields(), {*worker}));
    });
}

}  // namespace pgqrs::cli
