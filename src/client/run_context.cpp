#include "run_context.hpp"

#include <algorithm>
#include <thread>
#include <utility>

namespace pgqrs {
namespace {

// A wait looks so often whether the lease was lost.
constexpr Duration kLook = std::chrono::milliseconds(200);
// Until a transaction that the server has not given up yet, after its connection was lost, is gone.
constexpr Duration kStepsOpenPause = std::chrono::milliseconds(50);
// When the worker is to stop, no longer than this.
constexpr Duration kStepsOpenAfterStop = std::chrono::seconds(5);

}  // namespace

DeliveryEnd RunContext::end() const {
    const std::lock_guard lock(mutex_);
    return end_;
}

void RunContext::check() const {
    const DeliveryEnd ended = end();
    if (ended.kind == DeliveryEnd::Kind::none) {
        return;
    }
    if (ended.error) {
        std::rethrow_exception(ended.error);
    }
    throw Unwinding();
}

void RunContext::check_may_execute() {
    check();
    if (shared_.leave.requested()) {
        give_back(std::nullopt);
    }
    if (lease_.lost()) {
        lose_lease("The lease ran out.");
    }
}

// The first end counts, but for a delivery that several threads want to be given back: the earliest time counts.
void RunContext::raise(DeliveryEnd end) {
    {
        const std::lock_guard lock(mutex_);
        if (end_.kind == DeliveryEnd::Kind::none) {
            end_ = std::move(end);
        } else if (end_.kind == DeliveryEnd::Kind::give_back && end.kind == end_.kind) {
            end_.delay = std::min(end_.delay, end.delay);
        }
    }
    check();
    throw Unwinding();
}

void RunContext::end_with(DeliveryEnd::Kind kind) { raise({kind}); }

void RunContext::give_back(std::optional<Duration> delay) {
    raise({DeliveryEnd::Kind::give_back, delay});
}

void RunContext::lose_lease(const std::string& reason) {
    const LeaseLost error(Error::Parts{
        "PQ001", "run " + std::to_string(delivery().id) + " is not this worker's any more",
        reason});
    raise({DeliveryEnd::Kind::lease_lost, {}, std::make_exception_ptr(error)});
}

void RunContext::wait_until(LeaseKeeper::Clock::time_point due) {
    for (;;) {
        check();
        const auto left = std::chrono::ceil<Duration>(due - LeaseKeeper::Clock::now());
        if (left <= Duration(0)) {
            return;
        }
        if (shared_.leave.requested() || left > shared_.options.longest_wait) {
            give_back(left);
        }
        if (lease_.lost()) {
            lose_lease("The lease ran out.");
        }
        shared_.leave.wait_for(std::min(left, kLook));
    }
}

void RunContext::need(Connection& connection) {
    persist(connection, [] {});
}

void RunContext::translate(const ServerError& error) {
    const Error::Parts parts{error.sqlstate(), error.message(), error.detail(), error.hint()};
    switch (error.code().value_or(ErrorCode{})) {
        case ErrorCode::lease_lost:
        case ErrorCode::run_not_found:
            raise({DeliveryEnd::Kind::lease_lost, {}, std::make_exception_ptr(LeaseLost(parts))});
        case ErrorCode::run_cancelled:
            raise({DeliveryEnd::Kind::cancel_requested,
                   {},
                   std::make_exception_ptr(RunCancelled(parts))});
        case ErrorCode::step_mismatch:
            throw StepMismatch(parts);
        default:
            return;
    }
}

void RunContext::refuse_transaction(const Connection& connection) {
    if (connection.in_transaction()) {
        throw Error(Error::Parts{"25001", "a transaction is open on the run's connection", "",
                                 "To record a step together with other work, use "
                                 "step_in_transaction()."});
    }
}

void RunContext::persist(Connection& connection, const std::function<void()>& action) {
    check();
    refuse_transaction(connection);
    std::string problem;
    std::optional<LeaseKeeper::Clock::time_point> leave_seen;
    for (;;) {
        try {
            const auto act = [&] {
                action();
                return true;
            };
            if (shared_.persist(connection, lease_, act, problem)) {
                return;
            }
            if (lease_.lost()) {
                lose_lease(problem);
            }
            // The worker is to stop, and the server is away. The run has no part in that.
            give_back(std::nullopt);
        } catch (const ServerError& error) {
            if (error.code() != ErrorCode::steps_open || lease_.lost()) {
                translate(error);
                throw;
            }
        }
        shared_.leave.wait_for(kStepsOpenPause);
        if (!shared_.leave.requested()) {
            continue;
        }
        const auto now = LeaseKeeper::Clock::now();
        if (now - leave_seen.value_or(now) > kStepsOpenAfterStop) {
            // Giving the run back would wait for that transaction, too.
            lose_lease("A transaction that records a step was still open when the worker stopped.");
        }
        leave_seen = leave_seen.value_or(now);
        std::this_thread::sleep_for(kStepsOpenPause);
    }
}

}  // namespace pgqrs
