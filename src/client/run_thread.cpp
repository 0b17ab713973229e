#include "run_thread.hpp"

#include <algorithm>
#include <utility>

namespace pgqrs {
namespace {

// The statement of a claim that waits holds a snapshot: not for longer than vacuum can bear.
constexpr Duration kClaimWait = std::chrono::seconds(10);
// Of a role that may not ask for the queue's.
constexpr Duration kLease = std::chrono::seconds(30);

LoopOptions loop_options(const WorkRunsOptions& options) {
    LoopOptions loop{.concurrency = options.concurrency,
                     .lock_time = options.lock_time,
                     .extend_leases = options.extend_leases,
                     .stop_when_empty = options.stop_when_empty,
                     .max_deliveries = options.max_deliveries,
                     .worker_name = options.worker_name};
    loop.check("max_deliveries");
    return loop;
}

Config parallel_config(const Config& config, const WorkRunsOptions& options) {
    Config own = config;
    own.max_connections = options.parallel_steps;
    return own;
}

}  // namespace

RunShared::RunShared(const Config& config_in, const std::string& queue_in,
                     const WorkflowSet& flows_in, const WorkRunsOptions& options_in)
    : LoopShared(config_in, queue_in, loop_options(options_in)),
      flows(flows_in),
      options(options_in),
      parallel(parallel_config(config_in, options_in)) {}

void RunShared::connection_lost(const std::string& error, Duration delay) {
    report({.kind = RunEvent::Kind::connection_lost, .error = error, .delay = delay});
}

void RunShared::connection_back() { report({.kind = RunEvent::Kind::connection_back}); }

void RunShared::report(const RunEvent& event) {
    const std::lock_guard lock(mutex);
    switch (event.kind) {
        case RunEvent::Kind::succeeded:
            ++summary.succeeded;
            break;
        case RunEvent::Kind::failed:
            ++summary.failed;
            summary.failed_for_good += event.final ? 1 : 0;
            break;
        case RunEvent::Kind::cancelled:
            ++summary.cancelled;
            break;
        case RunEvent::Kind::suspended:
            ++summary.suspended;
            break;
        case RunEvent::Kind::continued:
            ++summary.continued;
            break;
        case RunEvent::Kind::released:
            ++summary.released;
            break;
        case RunEvent::Kind::no_handler:
            ++summary.no_handler;
            break;
        case RunEvent::Kind::lease_lost:
            ++summary.lease_lost;
            break;
        default:
            break;
    }
    try {
        if (options.on_event) {
            options.on_event(event);
        }
    } catch (...) {
        // Who only listens does not decide what becomes of runs.
        return;
    }
}

RunThread::RunThread(RunShared& shared, int number)
    : WorkerLoop(shared, number), shared_(shared), claim_wait_(kClaimWait) {
    lease_ = lease_length(connection_, shared).value_or(kLease);
}

std::optional<ClaimedRun> RunThread::claim(Duration wait, const Stop* stop) {
    return claim_run(connection_, shared_.queue,
                     {lease_, wait, worker_, shared_.options.step_bytes}, stop);
}

bool RunThread::take_and_process() {
    if (waited_for_) {
        const auto taken = std::move(*std::exchange(waited_for_, std::nullopt));
        process(taken);
        return true;
    }
    if (!get_permit()) {
        return true;
    }
    const auto next = take<ClaimedRun>([this] { return claim({}, nullptr); });
    if (next.taken) {
        process(*next.taken);
    }
    return next.taken.has_value();
}

// A claim that waits takes one round trip less than pgqrs.wait and a claim.
void RunThread::wait_in_server() {
    if (!get_permit()) {
        return;
    }
    const auto began = LeaseKeeper::Clock::now();
    try {
        waited_for_ = take<ClaimedRun>([this] { return claim(claim_wait_, &shared_.stop); }).taken;
        // The lease begins at the end of the wait, which can be longer than it.
        if (waited_for_) {
            waited_for_->arrived = LeaseKeeper::Clock::now();
        }
    } catch (const ServerError& error) {
        // Longer than pgqrs.max_wait.
        if (error.code() != ErrorCode::limit_exceeded || claim_wait_ < Duration(1)) {
            throw;
        }
        claim_wait_ /= 2;
    }
    early_ = !waited_for_ && LeaseKeeper::Clock::now() - began < claim_wait_ / 2;
}

// It may have been for nothing, or because the worker is suspended.
bool RunThread::is_held_off() {
    early_ = early_ && is(WorkerState::suspended);
    return early_;
}

void RunThread::process(const Taken<ClaimedRun>& taken) {
    const RunDelivery& run = taken.item.delivery;
    const auto lease = shared_.leases.hold(run.id, run.read_ct, lease_, taken.arrived);
    RunContext context(shared_, taken.item, *lease);
    if (shared_.leave.requested()) {
        give_back(context, RunEvent::Kind::released, "start", std::nullopt);
        return;
    }
    const RunHandler* const handler = shared_.flows.find(run.workflow, run.version);
    if (handler == nullptr) {
        give_back(context, RunEvent::Kind::no_handler, "no_handler", std::nullopt);
        return;
    }
    shared_.report({.kind = RunEvent::Kind::started, .run = &run});
    const Outcome outcome = execute(*handler, context);
    settle(context, outcome);
}

RunThread::Outcome RunThread::execute(const RunHandler& handler, RunContext& context) {
    Outcome outcome;
    RunningRun run(context, connection_);
    try {
        outcome.output = handler(run);
        run.finish_parallel();
    } catch (...) {
        // It may be Unwinding: that the delivery has ended is known besides.
        outcome.raised = raised_now("the handler");
    }
    run.end_parallel();
    if (!tidy(connection_) && outcome.raised.error.empty()) {
        outcome.raised.error = "the handler left a transaction open or the connection busy";
    }
    return outcome;
}

void RunThread::settle(RunContext& context, const Outcome& outcome) {
    const DeliveryEnd end = context.end();
    RunEvent event{.run = &context.delivery()};
    switch (end.kind) {
        case DeliveryEnd::Kind::none:
            if (outcome.raised.error.empty()) {
                succeed(context, outcome);
            } else {
                fail(context, outcome.raised);
            }
            return;
        case DeliveryEnd::Kind::give_back:
            give_back(context, RunEvent::Kind::released, end.delay ? "retry" : "start", end.delay);
            return;
        case DeliveryEnd::Kind::cancel_requested:
            fail(context, {"the run was cancelled"});
            return;
        case DeliveryEnd::Kind::suspended:
            event.kind = RunEvent::Kind::suspended;
            break;
        case DeliveryEnd::Kind::continued:
            event.kind = RunEvent::Kind::continued;
            break;
        case DeliveryEnd::Kind::cancelled:
            event.kind = RunEvent::Kind::cancelled;
            break;
        case DeliveryEnd::Kind::lease_lost:
            event.kind = RunEvent::Kind::lease_lost;
            event.error = outcome.raised.error;
            break;
    }
    shared_.report(event);
}

void RunThread::succeed(const RunContext& context, const Outcome& outcome) {
    std::string state;
    try {
        if (!finish(context,
                    [&](RunCalls& calls) { state = calls.complete_run(outcome.output); })) {
            return;
        }
    } catch (const ServerError& error) {
        // Of all else, a function that is missing or a right, the run has no blame.
        if (!is_bad_value(error)) {
            throw;
        }
        // The same handler would give the same output.
        fail(context, {error.message(), false});
        return;
    }
    shared_.report(
        {.kind = state == "cancelled" ? RunEvent::Kind::cancelled : RunEvent::Kind::succeeded,
         .run = &context.delivery()});
}

void RunThread::fail(const RunContext& context, const Raised& raised) {
    EndedRun ended;
    const auto action = [&](RunCalls& calls) {
        ended = calls.fail_run(raised.error, raised.retryable);
    };
    if (!finish(context, action, raised.error)) {
        return;
    }
    RunEvent event{
        .kind = ended.state == "cancelled" ? RunEvent::Kind::cancelled : RunEvent::Kind::failed,
        .run = &context.delivery(),
        .error = raised.error,
        .delay = ended.delay};
    event.final = ended.state == "failed";
    shared_.report(event);
}

void RunThread::give_back(const RunContext& context, RunEvent::Kind kind, const std::string& reason,
                          const std::optional<Duration>& delay) {
    if (finish(context, [&](RunCalls& calls) { calls.release_run(delay, reason); })) {
        shared_.report(
            {.kind = kind, .run = &context.delivery(), .delay = delay.value_or(Duration())});
    }
}

// False: the run is somebody else's, which is reported.
bool RunThread::finish(const RunContext& context, const std::function<void(RunCalls&)>& action,
                       const std::string& error) {
    std::string problem;
    try {
        const auto act = [&] {
            RunCalls calls(connection_, context.delivery());
            action(calls);
            return true;
        };
        if (shared_.persist(connection_, context.lease(), act, problem)) {
            return true;
        }
    } catch (const ServerError& refusal) {
        if (refusal.code() != ErrorCode::lease_lost && refusal.code() != ErrorCode::run_not_found) {
            throw;
        }
        problem = problem.empty() ? refusal.message() : problem;
    }
    shared_.report({.kind = RunEvent::Kind::lease_lost,
                    .run = &context.delivery(),
                    .error = error + (error.empty() || problem.empty() ? "" : "; ") + problem});
    return false;
}

}  // namespace pgqrs
