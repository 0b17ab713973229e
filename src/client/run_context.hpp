// What the handler's thread and the threads of parallel steps share while a run is executed: how its delivery ends, and
// how the server is asked.
#pragma once

#include <exception>
#include <functional>
#include <mutex>
#include <optional>
#include <string>

#include "claimed_run.hpp"
#include "lease_keeper.hpp"
#include "pgqrs/client/pool.hpp"
#include "run_calls.hpp"
#include "worker_loop.hpp"

namespace pgqrs {

// What the threads of one work_runs() share.
struct RunShared : LoopShared {
    RunShared(const Config& config_in, const std::string& queue_in, const WorkflowSet& flows_in,
              const WorkRunsOptions& options_in);

    const WorkflowSet& flows;
    const WorkRunsOptions& options;
    Pool parallel;  // the connections of parallel steps

    void connection_lost(const std::string& error, Duration delay) override;
    void connection_back() override;
    // Counts the event and tells the caller of it.
    void report(const RunEvent& event);

    RunSummary summary;  // guarded by the mutex
};

// Leaves a handler when its delivery has ended, or is to end. It is no std::exception, so that handlers do not take it
// for a failure of theirs.
struct Unwinding {};

// How a delivery ends, if the handler does not end it by returning or throwing.
struct DeliveryEnd {
    enum class Kind {
        none,
        suspended,         // done: by a wait
        continued,         // done: by continue_as_new()
        cancelled,         // done: by the same, after a cancel
        give_back,         // to be given back, after `delay`
        lease_lost,        // nothing can be done any more
        cancel_requested,  // whatever it is ended with, it ends as cancelled
    };
    Kind kind = Kind::none;
    std::optional<Duration> delay = {};
    std::exception_ptr error = {};  // what each further call raises; null: Unwinding
};

class RunContext {
public:
    RunContext(RunShared& shared, const ClaimedRun& claimed, const LeaseKeeper::Held& lease)
        : shared_(shared), claimed_(claimed), lease_(lease) {}

    RunShared& shared() const { return shared_; }
    const ClaimedRun& claimed() const { return claimed_; }
    const RunDelivery& delivery() const { return claimed_.delivery; }
    const LeaseKeeper::Held& lease() const { return lease_; }
    DeliveryEnd end() const;

    // Raises what has ended the delivery, if anything has.
    void check() const;
    // The same before something is executed: the worker may be to stop, and the lease may have been lost.
    void check_may_execute();
    [[noreturn]] void end_with(DeliveryEnd::Kind kind);
    [[noreturn]] void give_back(std::optional<Duration> delay);
    [[noreturn]] void lose_lease(const std::string& reason);
    // Until another attempt, or as check_may_execute().
    void wait_until(LeaseKeeper::Clock::time_point due);

    // Asks the server until it has answered, on a connection that may be lost meanwhile, and turns its errors into the
    // library's. `ask` gets the calls, and whether it may have been asked before.
    template <typename Answer, typename Ask>
    Answer ask(Connection& connection, Ask ask);
    // Raises 25001 in a transaction of the handler: what is recorded in it would not be there before it ends.
    static void refuse_transaction(const Connection& connection);
    // Makes sure of the connection, as ask() does.
    void need(Connection& connection);
    // Raises what a failed call means for the run; returns for all else.
    void translate(const ServerError& error);

private:
    [[noreturn]] void raise(DeliveryEnd end);
    void persist(Connection& connection, const std::function<void()>& action);

    RunShared& shared_;
    const ClaimedRun& claimed_;
    const LeaseKeeper::Held& lease_;
    mutable std::mutex mutex_;
    DeliveryEnd end_;
};

template <typename Answer, typename Ask>
Answer RunContext::ask(Connection& connection, Ask ask) {
    std::optional<Answer> answer;
    bool again = false;
    persist(connection, [&] {
        RunCalls calls(connection, delivery());
        const bool before = std::exchange(again, true);
        answer.emplace(ask(calls, before));
    });
    return std::move(*answer);
}

}  // namespace pgqrs
