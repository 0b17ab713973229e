// pgqrs workflow ...: creates, changes, shows and removes workflows, and emits events.
#include <cstdint>
#include <memory>
#include <optional>
#include <string>

#include "cli/commands/backoff.hpp"
#include "cli/commands/commands.hpp"
#include "cli/commands/looking.hpp"
#include "cli/failure.hpp"
#include "cli/output/rows.hpp"
#include "cli/output/text.hpp"
#include "cli/sending/payload.hpp"
#include "pgqrs/client/workflows.hpp"

namespace pgqrs::cli {
namespace {

enum class Purpose { create, alter };

// WorkflowOptions, with what was given for them in other words.
struct Given : WorkflowOptions {
    std::optional<std::string> backoff_word;
    WorkflowOptions options() const {
        WorkflowOptions result = *this;
        result.backoff = backoff_of(backoff_word);
        return result;
    }
};

// What `create` and `alter` can set.
void add_settings(Command& command, Given& target, Purpose purpose) {
    const bool alter = purpose == Purpose::alter;
    command.option("--handler", target.handler,
                   std::string("The procedure that the server calls for a run") +
                       (alter ? "; '': workers outside execute the runs"
                              : " [workers outside execute the runs]"));
    command.option("--description", target.description, "A text for people");
    command.number("--max-attempts", target.max_attempts, 0, 32767,
                   std::string("A run that fails so often has failed for good; 0: no limit") +
                       (alter ? "" : " [the queue's]"));
    add_backoff(
        command,
        {target.backoff_word, target.backoff_base, target.backoff_cap, target.backoff_jitter},
        false);
    command.option("--run-timeout", target.run_timeout,
                   std::string("Runs that have not ended so long after their start time out") +
                       (alter ? "; 0: no limit" : " [no limit]"));
    command.option("--retention", target.retention,
                   std::string("How long runs that have ended are kept") +
                       (alter ? "" : " [until run purge]"));
}

bool is_empty(const WorkflowOptions& settings) {
    return !settings.handler && !settings.description && !settings.max_attempts &&
           !settings.backoff && !settings.backoff_base && !settings.backoff_cap &&
           !settings.backoff_jitter && !settings.run_timeout && !settings.retention;
}

void add_create(Command& group) {
    struct Options {
        std::string workflow;
        Given settings;
        bool if_not_exists = false;
    };
    auto options = std::make_shared<Options>();
    Command command = group.add("create", "Create a workflow, and the queue of its runs");
    command.workflow(options->workflow);
    command.option("--queue", options->settings.queue,
                   "The queue of its runs, which others may share [that of its name]");
    add_settings(command, options->settings, Purpose::create);
    command.flag("--if-not-exists", options->if_not_exists,
                 "Succeed when it exists already; its settings stay as they are");
    command.runs([options](Context& context) {
        const WorkflowInfo workflow =
            Workflows(context.connection())
                .create(options->workflow, options->settings.options(), options->if_not_exists);
        context.show_done(table_of<WorkflowInfo>(workflow_fields(), {workflow}),
                          "workflow \"" + workflow.name + "\" " +
                              (options->if_not_exists ? "is there" : "created"));
    });
}

void add_list(Command& group) {
    auto page = std::make_shared<Page>();
    Command command = group.add("list", "List workflows");
    add_page(command, *page);
    command.runs([page](Context& context) {
        Workflows workflows(context.connection());
        show_page<WorkflowInfo>(
            context, *page, workflow_fields(),
            [&](std::int64_t after, int quantity) { return workflows.list(after, quantity); },
            "no workflows");
    });
}

void add_show(Command& group) {
    auto name = std::make_shared<std::string>();
    Command command = group.add("show", "Show the settings of a workflow");
    command.workflow(*name);
    command.runs([name](Context& context) {
        const auto workflow = Workflows(context.connection()).get(*name);
        context.show_one(table_of<WorkflowInfo>(workflow_fields(), {workflow}));
    });
}

void add_alter(Command& group) {
    struct Options {
        std::string workflow;
        Given settings;
    };
    auto options = std::make_shared<Options>();
    Command command = group.add("alter", "Change settings of a workflow; the others stay");
    command.workflow(options->workflow);
    add_settings(command, options->settings, Purpose::alter);
    command.runs([options](Context& context) {
        const WorkflowOptions settings = options->settings.options();
        if (is_empty(settings)) {
            throw UsageError("nothing to change", "Give at least one of the settings.");
        }
        const auto workflow = Workflows(context.connection()).alter(options->workflow, settings);
        context.show_done(table_of<WorkflowInfo>(workflow_fields(), {workflow}),
                          "workflow \"" + workflow.name + "\" changed");
    });
}

void add_drop(Command& group) {
    struct Options {
        std::string workflow;
        bool force = false;
    };
    auto options = std::make_shared<Options>();
    Command command =
        group.add("drop", "Remove a workflow whose runs have ended, with their history");
    command.workflow(options->workflow);
    command.flag("--force", options->force, "Also when runs have not ended");
    command.runs([options](Context& context) {
        const auto& name = options->workflow;
        const auto active = Workflows(context.connection()).drop(name, options->force);
        context.show_done(
            record_of({{"workflow", text_value(name)}, {"active", number_value(active)}}),
            "workflow \"" + name + "\" dropped, " + number_of(active, "run") +
                " with it that had not ended",
            std::to_string(active));
    });
}

void add_metrics(Command& group) {
    struct Options {
        std::optional<std::string> workflow;
        bool exact = false;
    };
    auto options = std::make_shared<Options>();
    Command command =
        group.add("metrics", "Count the runs of one workflow or of all, by their state");
    command.workflow(options->workflow);
    command.flag("--exact", options->exact,
                 "Look at all runs, which takes time (see the column exact)");
    command.runs([options](Context& context) {
        constexpr std::int64_t kSome = 10'000;
        const auto all = Workflows(context.connection())
                             .metrics(options->workflow, options->exact ? INT64_MAX : kSome);
        if (options->workflow) {
            context.show_one(table_of(workflow_metrics_fields(), all));
        } else {
            context.show_list(table_of(workflow_metrics_fields(), all), "no workflows");
        }
    });
}

void add_emit(Command& group) {
    struct Options {
        std::string queue;
        std::string event;
        std::optional<std::string> payload;
    };
    auto options = std::make_shared<Options>();
    Command command =
        group.add("emit", "Emit an event: all runs of the queue that wait for it go on");
    command.queue(options->queue);
    command.text("event", options->event, "Name of the event");
    command.text("payload", options->payload, "JSON text, or - for stdin");
    command.runs([options](Context& context) {
        const auto payload = read_json(options->payload, "payload");
        const bool first = Workflows(context.connection())
                               .emit_event_text(options->queue, options->event, payload);
        context.show_done(record_of({{"queue", text_value(options->queue)},
                                     {"event", text_value(options->event)},
                                     {"first", boolean_value(first)}}),
                          "event \"" + options->event + "\" " +
                              (first ? "emitted in" : "had been emitted before in") + " queue \"" +
                              options->queue + "\"");
    });
}

}  // namespace

void add_workflow_commands(Command& root) {
    Command group = root.add("workflow", "Workflows: create, change, look at, remove");
    add_create(group);
    add_list(group);
    add_show(group);
    add_alter(group);
    add_drop(group);
    add_metrics(group);
    add_emit(group);
}

}  // namespace pgqrs::cli
