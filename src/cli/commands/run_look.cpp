// pgqrs run list, show, steps, value, stuck: look at runs.
#include <memory>
#include <optional>
#include <string>

#include "cli/commands/commands.hpp"
#include "cli/commands/looking.hpp"
#include "cli/failure.hpp"
#include "cli/output/rows.hpp"
#include "cli/output/text.hpp"
#include "pgqrs/client/workflows.hpp"

namespace pgqrs::cli {
namespace {

// The labels of RunState, and the state with a label.
std::vector<std::string> state_words() {
    std::vector<std::string> words;
    for (int state = 0; state < static_cast<int>(RunState::unknown); ++state) {
        words.emplace_back(to_string(static_cast<RunState>(state)));
    }
    return words;
}

std::optional<RunState> state_of(const std::optional<std::string>& word) {
    for (int state = 0; state < static_cast<int>(RunState::unknown); ++state) {
        if (word == to_string(static_cast<RunState>(state))) {
            return static_cast<RunState>(state);
        }
    }
    return std::nullopt;
}

void add_list(Command& group) {
    struct Options {
        RunFilter filter;
        std::optional<std::string> state;
        Page page;
    };
    auto options = std::make_shared<Options>();
    Command command = group.add("list", "List runs by id, of one workflow or of all");
    command.workflow(options->filter.workflow);
    command.choice("--state", options->state, state_words(), "Only those in this state");
    command.past("--since", options->filter.since, "Only those started then or later");
    command.past("--until", options->filter.until, "Only those started before");
    add_page(command, options->page);
    command.runs([options](Context& context) {
        Workflows workflows(context.connection());
        RunFilter filter = options->filter;
        filter.state = state_of(options->state);
        show_page<RunInfo>(
            context, options->page, run_fields(),
            [&](std::int64_t after, int quantity) {
                filter.after_id = after;
                filter.quantity = quantity;
                return workflows.list_runs(filter);
            },
            "no runs");
    });
}

void add_show(Command& group) {
    auto id = std::make_shared<std::int64_t>();
    Command command = group.add("show", "Show a run, with its input and output");
    command.id("id", *id, "Id of the run");
    command.runs([id](Context& context) {
        const auto run = Workflows(context.connection()).get_run(*id);
        context.show_one(table_of<RunInfo>(run_fields(), {run}));
    });
}

void add_steps(Command& group) {
    auto id = std::make_shared<std::int64_t>();
    Command command = group.add("steps", "List the steps of a run, with their outputs");
    command.id("id", *id, "Id of the run");
    command.runs([id](Context& context) {
        const auto steps = Workflows(context.connection()).list_steps(*id);
        context.show_list(table_of(step_fields(), steps), "no steps");
    });
}

void add_value(Command& group) {
    struct Options {
        std::int64_t id = 0;
        std::string key;
        std::optional<Duration> wait;
    };
    auto options = std::make_shared<Options>();
    Command command = group.add("value", "Show a value that a run has published");
    command.id("id", options->id, "Id of the run");
    command.text("key", options->key, "Name of the value");
    command.option("--wait", options->wait, "Wait for it, unless the run ends before [0]");
    command.runs([options](Context& context) {
        const auto value =
            Workflows(context.connection())
                .get_value(options->id, options->key, options->wait.value_or(Duration()));
        if (!value.found) {
            throw Failure(Exit::not_found, "run " + std::to_string(options->id) +
                                               " has no value \"" + options->key + "\"");
        }
        if (context.globals().format == Format::table) {
            context.output().write(printable(value.value.value_or("null")) + "\n");
            return;
        }
        context.show_one(record_of({{"id", number_value(options->id)},
                                    {"key", text_value(options->key)},
                                    {"value", optional_value(value.value, json_value)}}));
    });
}

void add_stuck(Command& group) {
    Command command =
        group.add("stuck", "List runs that do not go on by themselves, and what helps");
    command.runs([](Context& context) {
        const auto stuck = Workflows(context.connection()).stuck_runs();
        context.show_list(table_of(stuck_run_fields(), stuck), "no run is stuck");
    });
}

}  // namespace

void add_run_looking(Command& group) {
    add_list(group);
    add_show(group);
    add_steps(group);
    add_value(group);
    add_stuck(group);
}

}  // namespace pgqrs::cli
