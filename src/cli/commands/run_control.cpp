// pgqrs run signal, cancel, pause, resume, retry, fork, decide, purge: take part in runs.
#include <climits>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "cli/commands/commands.hpp"
#include "cli/failure.hpp"
#include "cli/output/rows.hpp"
#include "cli/output/text.hpp"
#include "cli/sending/payload.hpp"
#include "pgqrs/client/workflows.hpp"

namespace pgqrs::cli {
namespace {

void add_signal(Command& group) {
    struct Options {
        std::int64_t id = 0;
        std::string signal;
        std::optional<std::string> payload;
        std::optional<std::string> dedup_key;
    };
    auto options = std::make_shared<Options>();
    Command command =
        group.add("signal", "Send a signal to a run, whether or not it waits for it already");
    command.id("id", options->id, "Id of the run");
    command.text("signal", options->signal, "Name of the signal");
    command.text("payload", options->payload, "JSON text, or - for stdin");
    command.option("--key", options->dedup_key, "Of signals with the same key the first counts");
    command.runs([options](Context& context) {
        const auto payload = read_json(options->payload, "payload");
        const bool delivered =
            Workflows(context.connection())
                .signal_text(options->id, options->signal, payload, options->dedup_key);
        const std::string run = "run " + std::to_string(options->id);
        if (!delivered) {
            throw Failure(Exit::rejected, run + " has ended: it gets no signals");
        }
        context.show_done(record_of({{"id", number_value(options->id)},
                                     {"signal", text_value(options->signal)},
                                     {"delivered", boolean_value(delivered)}}),
                          "signal \"" + options->signal + "\" sent to " + run);
    });
}

// What became of one of several runs.
struct Outcome {
    std::string word;      // for programs
    std::string sentence;  // behind "run 7 "
};

// Does the same with each run, and goes on where there is none.
void for_each_run(Context& context, const std::vector<std::int64_t>& ids,
                  const std::function<Outcome(Workflows&, std::int64_t)>& act) {
    Workflows workflows(context.connection());
    Table table{{{"id"}, {"result"}}, {}};
    std::string sentences;
    std::string missing;
    for (const auto id : ids) {
        Outcome outcome;
        try {
            outcome = act(workflows, id);
            sentences += "run " + std::to_string(id) + " " + outcome.sentence + "\n";
        } catch (const ServerError& error) {
            if (error.code() != ErrorCode::run_not_found) {
                context.output().write(context.globals().quiet ? "" : sentences);
                throw;
            }
            missing += (missing.empty() ? "" : ", ") + std::to_string(id);
            outcome.word = "not_found";
        }
        table.rows.push_back({number_value(id), text_value(outcome.word)});
    }
    if (context.globals().format != Format::table) {
        context.show_list(std::move(table), "");
    } else if (!context.globals().quiet) {
        context.output().write(sentences);
    }
    if (!missing.empty()) {
        context.output().finish();
        throw Failure(Exit::not_found, missing.find(',') == std::string::npos
                                           ? "run " + missing + " does not exist"
                                           : "there are no runs " + missing);
    }
}

Outcome outcome_of(RunControl control) {
    switch (control) {
        case RunControl::cancelled:
            return {to_string(control), "cancelled"};
        case RunControl::paused:
            return {to_string(control), "paused"};
        case RunControl::ended:
            return {to_string(control), "had ended before"};
        default:
            return {to_string(control), ""};
    }
}

void add_cancel(Command& group) {
    struct Options {
        std::vector<std::int64_t> ids;
        std::optional<std::string> reason;
        bool no_cascade = false;
    };
    auto options = std::make_shared<Options>();
    Command command = group.add("cancel", "End runs as cancelled, also those that a worker has");
    command.ids(options->ids, "Ids of the runs");
    command.option("--reason", options->reason, "It is kept as the error of the run");
    command.flag("--no-cascade", options->no_cascade, "Let their children go on");
    command.runs([options](Context& context) {
        for_each_run(context, options->ids, [&](Workflows& workflows, std::int64_t id) {
            const auto control = workflows.cancel(id, options->reason, !options->no_cascade);
            return control == RunControl::requested
                       ? Outcome{"requested", "has a worker: it ends when its delivery does"}
                       : outcome_of(control);
        });
    });
}

void add_pause(Command& group) {
    struct Options {
        std::vector<std::int64_t> ids;
        std::optional<std::string> reason;
    };
    auto options = std::make_shared<Options>();
    Command command = group.add("pause", "Have runs wait for run resume");
    command.ids(options->ids, "Ids of the runs");
    command.option("--reason", options->reason, "A text for people");
    command.runs([options](Context& context) {
        for_each_run(context, options->ids, [&](Workflows& workflows, std::int64_t id) {
            const auto control = workflows.pause(id, options->reason);
            return control == RunControl::requested
                       ? Outcome{"requested", "has a worker: it is paused when its delivery ends"}
                       : outcome_of(control);
        });
    });
}

void add_resume(Command& group) {
    auto ids = std::make_shared<std::vector<std::int64_t>>();
    Command command =
        group.add("resume", "Let runs go on that were paused, or whose workflow no worker knew");
    command.ids(*ids, "Ids of the runs");
    command.runs([ids](Context& context) {
        for_each_run(context, *ids, [](Workflows& workflows, std::int64_t id) {
            return workflows.resume(id) ? Outcome{"resumed", "resumed"}
                                        : Outcome{"unchanged", "was not paused"};
        });
    });
}

struct FromStep {
    std::optional<std::string> step;
    std::optional<int> seq;
};

void add_from_step(Command& command, FromStep& from, const std::string& about) {
    command.option("--from-step", from.step, about);
    command.number("--seq", from.seq, 0, INT_MAX, "Which use of that name [0]");
}

void check(const FromStep& from) {
    if (from.seq && !from.step) {
        throw UsageError("--seq goes with --from-step");
    }
}

void add_retry(Command& group) {
    struct Options {
        std::vector<std::int64_t> ids;
        FromStep from;
    };
    auto options = std::make_shared<Options>();
    Command command =
        group.add("retry", "Start runs again that failed, timed out or were cancelled");
    command.ids(options->ids, "Ids of the runs");
    add_from_step(command, options->from,
                  "Forget this step and all that were begun after it, and execute them again");
    command.runs([options](Context& context) {
        const auto& from = options->from;
        check(from);
        for_each_run(context, options->ids, [&](Workflows& workflows, std::int64_t id) {
            return workflows.retry(id, from.step, from.seq.value_or(0))
                       ? Outcome{"started", "started again"}
                       : Outcome{"unchanged", "has not ended"};
        });
    });
}

void add_fork(Command& group) {
    struct Options {
        std::int64_t id = 0;
        FromStep from;
    };
    auto options = std::make_shared<Options>();
    Command command = group.add("fork", "Start another run with what a run has recorded so far");
    command.id("id", options->id, "Id of the run");
    add_from_step(command, options->from, "Only what was begun before this step");
    command.runs([options](Context& context) {
        const auto& from = options->from;
        check(from);
        const auto fork =
            Workflows(context.connection()).fork(options->id, from.step, from.seq.value_or(0));
        context.show_done(
            record_of({{"id", number_value(options->id)}, {"fork", number_value(fork)}}),
            "run " + std::to_string(fork) + " forked off run " + std::to_string(options->id),
            std::to_string(fork));
    });
}

void add_decide(Command& group) {
    struct Options {
        std::int64_t id = 0;
        std::string step;
        std::optional<int> seq;
        std::optional<std::string> output;
        std::optional<std::string> error;
    };
    auto options = std::make_shared<Options>();
    Command command = group.add("decide", "Say what came of a step that is in doubt");
    command.id("id", options->id, "Id of the run");
    command.text("step", options->step, "Name of the step");
    command.number("--seq", options->seq, 0, INT_MAX, "Which use of that name [0]");
    command.option("--output", options->output, "It was done: JSON text, or - for stdin");
    command.option("--error", options->error, "It has failed");
    command.runs([options](Context& context) {
        if (options->output.has_value() == options->error.has_value()) {
            throw UsageError(options->output ? "either --output or --error, not both"
                                             : "--output or --error is missing");
        }
        const auto output = read_json(options->output, "output");
        Workflows(context.connection())
            .decide_step(options->id, options->step, options->seq.value_or(0),
                         {.output = output, .error = options->error});
        const std::string status = options->error ? "failed" : "overridden";
        context.show_done(record_of({{"id", number_value(options->id)},
                                     {"step", text_value(options->step)},
                                     {"seq", number_value(options->seq.value_or(0))},
                                     {"status", text_value(status)}}),
                          "step \"" + options->step + "\" of run " + std::to_string(options->id) +
                              " is " + status);
    });
}

void add_purge(Command& group) {
    struct Options {
        std::string workflow;
        std::optional<Duration> older_than;
    };
    auto options = std::make_shared<Options>();
    Command command = group.add("purge", "Remove runs of a workflow that have ended");
    command.workflow(options->workflow);
    command.option("--older-than", options->older_than,
                   "Those that ended longer ago than this; 0 removes all");
    command.require("--older-than");
    command.runs([options](Context& context) {
        // In small transactions: nobody waits long for one, and what is removed stays so.
        constexpr std::int64_t kAtOnce = 1000;
        Workflows workflows(context.connection());
        std::int64_t removed = 0;
        for (std::int64_t last = kAtOnce; last == kAtOnce;) {
            last = workflows.purge(options->workflow, *options->older_than, kAtOnce);
            removed += last;
        }
        context.show_done(
            record_of(
                {{"workflow", text_value(options->workflow)}, {"deleted", number_value(removed)}}),
            number_of(removed, "run") + " of workflow \"" + options->workflow + "\" deleted",
            std::to_string(removed));
    });
}

}  // namespace

void add_run_control(Command& group) {
    add_signal(group);
    add_cancel(group);
    add_pause(group);
    add_resume(group);
    add_retry(group);
    add_fork(group);
    add_decide(group);
    add_purge(group);
}

}  // namespace pgqrs::cli
