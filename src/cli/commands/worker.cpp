// pgqrs worker ...: shows and removes registered workers.
#include <memory>
#include <optional>
#include <string>

#include "cli/commands/commands.hpp"
#include "cli/commands/looking.hpp"
#include "cli/failure.hpp"
#include "cli/output/rows.hpp"
#include "pgqrs/client/tables.hpp"

namespace pgqrs::cli {
namespace {

void add_list(Command& group) {
    struct Options {
        std::optional<std::string> queue;
        Page page;
    };
    auto options = std::make_shared<Options>();
    Command command = group.add("list", "List workers, of one queue or of all");
    command.queue(options->queue);
    add_page(command, options->page);
    command.runs([options](Context& context) {
        Workers workers(context.connection());
        show_page<Worker>(
            context, options->page, worker_fields(),
            [&](std::int64_t after, int quantity) {
                return options->queue ? workers.filter_by_queue(*options->queue, after, quantity)
                                      : workers.list(after, quantity);
            },
            "no workers");
    });
}

Failure not_registered(std::int64_t id) {
    return Failure(Exit::not_found, "no worker " + std::to_string(id) + " is registered");
}

void add_show(Command& group) {
    auto id = std::make_shared<std::int64_t>();
    Command command = group.add("show", "Show one worker");
    command.id("id", *id, "Id of the worker");
    command.runs([id](Context& context) {
        const auto worker = Workers(context.connection()).get(*id);
        if (!worker) {
            throw not_registered(*id);
        }
        context.show_one(table_of<Worker>(worker_fields(), {*worker}));
    });
}

void add_delete(Command& group) {
    auto id = std::make_shared<std::int64_t>();
    Command command = group.add(
        "delete", "Remove a worker that is gone; its messages come back when their leases end");
    command.id("id", *id, "Id of the worker");
    command.runs([id](Context& context) {
        if (!Workers(context.connection()).remove(*id)) {
            throw not_registered(*id);
        }
        context.show_done(record_of({{"id", number_value(*id)}, {"done", boolean_value(true)}}),
                          "worker " + std::to_string(*id) + " deleted");
    });
}

}  // namespace

void add_worker_commands(Command& root) {
    Command group = root.add("worker", "Workers that have registered");
    add_list(group);
    add_show(group);
    add_delete(group);
}

}  // namespace pgqrs::cli
