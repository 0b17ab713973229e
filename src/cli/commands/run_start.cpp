// pgqrs run start: starts a run of a workflow.
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include <nlohmann/json.hpp>

#include "cli/commands/commands.hpp"
#include "cli/failure.hpp"
#include "cli/output/rows.hpp"
#include "cli/sending/payload.hpp"
#include "pgqrs/client/workflows.hpp"

namespace pgqrs::cli {
namespace {

struct Options {
    std::string workflow;
    std::optional<std::string> input;
    std::optional<std::string> key;
    std::optional<std::string> key_scope;
    std::optional<Duration> key_period;
    std::optional<std::string> on_conflict;
    std::optional<int> priority;
    std::optional<Duration> delay;
    std::vector<std::string> headers;
    std::optional<std::string> version;
    std::optional<TimePoint> deadline;
};

template <typename Enumeration>
Enumeration choice_of(const std::optional<std::string>& word,
                      std::initializer_list<Enumeration> all) {
    for (const auto one : all) {
        if (word == to_string(one)) {
            return one;
        }
    }
    return *all.begin();
}

StartOptions start_options(const Options& options) {
    if (!options.key && (options.key_scope || options.key_period || options.on_conflict)) {
        throw UsageError("--key-scope, --key-period and --on-conflict go with --key");
    }
    StartOptions result;
    result.idempotency_key = options.key;
    result.key_scope =
        choice_of(options.key_scope, {KeyScope::active, KeyScope::period, KeyScope::forever});
    result.key_period = options.key_period;
    result.on_conflict = choice_of(
        options.on_conflict, {OnConflict::return_run, OnConflict::error, OnConflict::retry_failed});
    result.priority = options.priority.value_or(result.priority);
    result.delay = options.delay.value_or(Duration());
    result.headers = headers_of(options.headers);
    result.version = options.version;
    result.deadline = options.deadline;
    return result;
}

void start(Context& context, const Options& options) {
    const StartOptions settings = start_options(options);
    const std::string input = read_json(options.input, "input").value_or("null");
    const auto run = Workflows(context.connection()).start_text(options.workflow, input, settings);
    const std::string id = std::to_string(run.run);
    context.show_done(record_of({{"workflow", text_value(options.workflow)},
                                 {"id", number_value(run.run)},
                                 {"created", boolean_value(run.created)},
                                 {"state", text_value(to_string(run.state))}}),
                      run.created
                          ? "run " + id + " of workflow \"" + options.workflow + "\" started"
                          : "run " + id + " has this key: " + to_string(run.state),
                      id);
}

}  // namespace

void add_run_start(Command& group) {
    auto options = std::make_shared<Options>();
    Command command = group.add("start", "Start a run of a workflow");
    command.workflow(options->workflow);
    command.text("input", options->input, "JSON text, or - for stdin [null]");
    command.option("--key", options->key, "Idempotency key: starts with the same one are one");
    command.choice("--key-scope", options->key_scope, {"active", "period", "forever"},
                   "How long the key counts [active: until the run has ended]");
    command.option("--key-period", options->key_period, "The period of --key-scope period");
    command.choice("--on-conflict", options->on_conflict, {"return", "error", "retry_failed"},
                   "What a start does that meets a run with its key [return]");
    command.number("--priority", options->priority, 0, 9, "0 is delivered first, 9 last [5]");
    command.option("--delay", options->delay, "Deliver it this much later at the earliest [0]");
    command.words("--header", options->headers, "KEY=VALUE", "A header; may be repeated");
    command.option("--code-version", options->version,
                   "The version of the workflow's code, for its worker");
    command.future("--deadline", options->deadline,
                   "When it times out unless it has ended [the workflow's --run-timeout]");
    command.runs([options](Context& context) { start(context, *options); });
}

}  // namespace pgqrs::cli
