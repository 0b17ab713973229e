// pgqrs work: runs a shell command for each message of a queue.
#include <signal.h>

#include <memory>

#include "cli/commands/commands.hpp"
#include "cli/failure.hpp"
#include "cli/output/text.hpp"
#include "cli/terminal/interrupts.hpp"
#include "cli/work/job_command.hpp"
#include "cli/work/work_log.hpp"
#include "pgqrs/client/work.hpp"

namespace pgqrs::cli {
namespace {

struct Options {
    std::string queue;
    std::optional<std::string> command;
    std::optional<int> concurrency;
    std::optional<Duration> lock_time;
    std::optional<Duration> timeout;
    std::optional<Duration> kill_after;
    std::optional<Duration> retry_delay;
    std::optional<std::int64_t> max_messages;
    std::optional<std::string> worker;
    bool stop_when_empty = false;
    bool remove = false;
};

JobCommandOptions command_options(const Options& options) {
    if (options.command->find_first_not_of(" \t\n") == std::string::npos) {
        throw UsageError("--exec is empty", "It would archive every message.");
    }
    JobCommandOptions result{*options.command, options.remove, options.timeout};
    result.grace = options.kill_after.value_or(result.grace);
    result.retry_delay = options.retry_delay;
    return result;
}

WorkOptions work_options(const Options& options, WorkLog& log) {
    WorkOptions result;
    result.concurrency = options.concurrency.value_or(1);
    result.lock_time = options.lock_time;
    if (options.retry_delay) {
        result.retry_delay = [delay = *options.retry_delay](const Message&) { return delay; };
    }
    result.stop_when_empty = options.stop_when_empty;
    result.max_messages = options.max_messages.value_or(0);
    result.worker_name = options.worker.value_or("");
    result.on_event = [&](const WorkEvent& event) { log(event); };
    return result;
}

void show(Context& context, const std::string& queue, const WorkSummary& summary, Duration took) {
    const auto count = [](std::int64_t number) { return std::to_string(number); };
    const Value seconds = seconds_value(std::chrono::round<std::chrono::milliseconds>(took));
    context.show_done(record_of({{"queue", text_value(queue)},
                                 {"archived", number_value(summary.archived)},
                                 {"deleted", number_value(summary.removed)},
                                 {"released", number_value(summary.released)},
                                 {"failed", number_value(summary.failed)},
                                 {"lease_lost", number_value(summary.lease_lost)},
                                 {"dead", number_value(summary.dead)},
                                 {"seconds", seconds}}),
                      "queue \"" + queue + "\": " + count(summary.archived) + " archived, " +
                          count(summary.removed) + " deleted, " + count(summary.released) +
                          " released, " + count(summary.failed) + " failed" +
                          (summary.dead > 0 ? " (" + count(summary.dead) + " dead), " : ", ") +
                          count(summary.lease_lost) + " leases lost, in " + seconds.text + " s");
}

void run(Context& context, const Options& options) {
    // Where it is ignored, the system would not tell us how commands end.
    ::signal(SIGCHLD, SIG_DFL);
    const auto started = std::chrono::steady_clock::now();
    const auto settings = command_options(options);
    const Guard guard;
    Stop abort;
    JobCommand command(settings, guard, abort, [&] {
        context.note("stopping when the running commands have ended; another signal ends them now");
    });
    WorkLog log(context.log());
    const Interrupts interrupts(context.stop(), abort);
    const WorkSummary summary = work(
        context.config(), options.queue, [&](Job& job) { command(job); },
        work_options(options, log), context.stop());
    show(context, options.queue, summary,
         std::chrono::round<Duration>(std::chrono::steady_clock::now() - started));
    if (abort.requested()) {
        context.output().finish();
        throw Failure(Exit::interrupted, "interrupted; the running commands were ended");
    }
    if (summary.failed > 0 && !context.stop().requested()) {
        context.output().finish();
        throw Failure(Exit::jobs_failed, number_of(summary.failed, "message") + " failed");
    }
}

}  // namespace

void add_work(Command& root) {
    auto options = std::make_shared<Options>();
    Command command = root.add("work", "Run a shell command for each message");
    command.queue(options->queue);
    command.option("--exec", options->command,
                   "The command. Payload on stdin; 0 archives, 75 gives back, else it failed");
    command.require("--exec");
    command.number("--concurrency", options->concurrency, 1, 1000, "Commands at a time [1]");
    command.option("--lock-time", options->lock_time,
                   "Length of a lease, which is extended while the command runs [the queue's]");
    command.option("--timeout", options->timeout, "End the command after this long [never]");
    command.option("--kill-after", options->kill_after, "Between SIGTERM and SIGKILL then [5s]");
    command.option("--retry-delay", options->retry_delay,
                   "Until a failed message is delivered again [the queue's back-off]");
    command.count("--max-messages", options->max_messages, "Stop after so many [no limit]");
    command.flag("--stop-when-empty", options->stop_when_empty,
                 "Stop when there is nothing to deliver");
    command.flag("--delete", options->remove, "Delete messages that are done, without archiving");
    command.option("--worker", options->worker, "Register workers of this name meanwhile");
    command.runs([options](Context& context) { run(context, *options); });
}

}  // namespace pgqrs::cli
