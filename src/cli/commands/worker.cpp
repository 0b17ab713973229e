// pgqrs worker ...: shows registered workers, holds them back, ends them, and removes those that are gone.
#include <memory>
#include <optional>
#include <string>

#include "cli/commands/commands.hpp"
#include "cli/commands/looking.hpp"
#include "cli/failure.hpp"
#include "cli/output/rows.hpp"
#include "cli/output/text.hpp"
#include "pgqrs/client/admin.hpp"
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
        "delete",
        "Remove a worker; its messages come back when their leases end, at once if it is dead");
    command.id("id", *id, "Id of the worker");
    command.runs([id](Context& context) {
        if (!Workers(context.connection()).remove(*id)) {
            throw not_registered(*id);
        }
        context.show_done(record_of({{"id", number_value(*id)}, {"done", boolean_value(true)}}),
                          "worker " + std::to_string(*id) + " deleted");
    });
}

// A step in the life of a worker, whose row it shows.
void add_step(Command& group, const char* name, const char* about, const char* done,
              Worker (Admin::*step)(std::int64_t)) {
    auto id = std::make_shared<std::int64_t>();
    Command command = group.add(name, about);
    command.id("id", *id, "Id of the worker");
    command.runs([id, done, step](Context& context) {
        Admin admin(context.connection());
        const Worker worker = (admin.*step)(*id);
        context.show_done(table_of<Worker>(worker_fields(), {worker}),
                          "worker " + std::to_string(worker.id) + " " + done);
    });
}

void add_release(Command& group) {
    auto id = std::make_shared<std::int64_t>();
    Command command = group.add("release", "Give back all messages that a worker has");
    command.id("id", *id, "Id of the worker");
    command.runs([id](Context& context) {
        const auto released = Admin(context.connection()).release_worker_messages(*id);
        context.show_done(
            record_of({{"id", number_value(*id)}, {"released", number_value(released)}}),
            number_of(released, "message") + " of worker " + std::to_string(*id) + " given back",
            std::to_string(released));
    });
}

void add_health(Command& group) {
    auto queue = std::make_shared<std::optional<std::string>>();
    Command command = group.add("health", "Count workers by state, of one queue or of all");
    command.queue(*queue);
    command.runs([queue](Context& context) {
        const auto health = Admin(context.connection()).worker_health(*queue);
        if (*queue) {
            context.show_one(table_of(worker_health_fields(), health));
        } else {
            context.show_list(table_of(worker_health_fields(), health), "no queues");
        }
    });
}

void add_metrics(Command& group) {
    auto queue = std::make_shared<std::string>();
    Command command =
        group.add("metrics", "Show what each worker of a queue has; reads all of its messages");
    command.queue(*queue);
    command.runs([queue](Context& context) {
        context.show_list(
            table_of(worker_metrics_fields(), Admin(context.connection()).worker_metrics(*queue)),
            "no workers");
    });
}

void add_reap(Command& group) {
    Command command = group.add(
        "reap", "Make silent workers dead, so that others get their messages (maintenance does)");
    command.runs([](Context& context) {
        const auto reaped = Admin(context.connection()).reap_workers();
        context.show_done(record_of({{"reaped", number_value(reaped)}}),
                          number_of(reaped, "worker") + " found dead", std::to_string(reaped));
    });
}

void add_purge(Command& group) {
    struct Options {
        std::optional<std::string> queue;
        std::optional<Duration> older_than;
    };
    auto options = std::make_shared<Options>();
    Command command = group.add("purge", "Remove dead and stopped workers, of one queue or of all");
    command.queue(options->queue);
    command.option("--older-than", options->older_than,
                   "Those that have been so for at least this long [1d]");
    command.runs([options](Context& context) {
        const auto deleted =
            Admin(context.connection()).purge_workers(options->queue, options->older_than);
        context.show_done(record_of({{"queue", optional_value(options->queue, text_value)},
                                     {"deleted", number_value(deleted)}}),
                          number_of(deleted, "worker") + " deleted", std::to_string(deleted));
    });
}

}  // namespace

void add_worker_commands(Command& root) {
    Command group = root.add("worker", "Workers that have registered: look at, suspend, stop");
    add_list(group);
    add_show(group);
    add_health(group);
    add_metrics(group);
    add_step(group, "suspend", "Let a worker get no messages for now; it keeps those it has",
             "suspended", &Admin::suspend_worker);
    add_step(group, "resume", "Let a suspended worker get messages again", "resumed",
             &Admin::resume_worker);
    add_step(group, "stop", "End the work of a worker for good, and give its messages back",
             "stopped", &Admin::stop_worker);
    add_release(group);
    add_reap(group);
    add_delete(group);
    add_purge(group);
}

}  // namespace pgqrs::cli
