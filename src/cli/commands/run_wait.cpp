// pgqrs run wait: waits for the end of a run, and says with its exit code how it ended.
#include <memory>
#include <optional>
#include <string>

#include "cli/commands/commands.hpp"
#include "cli/failure.hpp"
#include "cli/output/rows.hpp"
#include "pgqrs/client/workflows.hpp"

namespace pgqrs::cli {
namespace {

struct Options {
    std::int64_t id = 0;
    std::optional<Duration> timeout;
};

std::string words_of(RunState state) {
    switch (state) {
        case RunState::succeeded:
            return "succeeded";
        case RunState::failed:
            return "failed";
        case RunState::cancelled:
            return "was cancelled";
        case RunState::timed_out:
            return "timed out";
        default:
            return std::string("has not ended: it is ") + to_string(state);
    }
}

// The output of the run goes to stdout, its error to stderr, so that both can be used.
void wait(Context& context, const Options& options) {
    const auto run = Workflows(context.connection()).await_run(options.id, options.timeout);
    const std::string who =
        "run " + std::to_string(run.id) +
        (run.id == options.id ? "" : ", which continues run " + std::to_string(options.id) + ",");
    if (run.state == RunState::succeeded || context.globals().format != Format::table) {
        context.show_done(table_of<RunInfo>(run_fields(), {run}), who + " succeeded",
                          run.output.value_or("null"));
    }
    if (run.state == RunState::succeeded) {
        return;
    }
    context.output().finish();
    throw Failure(is_final(run.state) ? Exit::run_failed : Exit::run_active,
                  who + " " + words_of(run.state) +
                      (is_final(run.state) && run.error ? ": " + *run.error : ""));
}

}  // namespace

void add_run_wait(Command& group) {
    auto options = std::make_shared<Options>();
    Command command =
        group.add("wait", "Wait until a run, or the one that continues it, has ended");
    command.id("id", options->id, "Id of the run");
    command.option("--timeout", options->timeout, "How long to wait at most [no limit]");
    command.runs([options](Context& context) { wait(context, *options); });
}

}  // namespace pgqrs::cli
