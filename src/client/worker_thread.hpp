// One of the threads of work(): takes messages and runs the handler on them.
#pragma once

#include <optional>
#include <string>

#include "lease_keeper.hpp"
#include "pgqrs/client/consumer.hpp"
#include "pgqrs/client/work.hpp"
#include "raised.hpp"
#include "running_job.hpp"
#include "worker_loop.hpp"

namespace pgqrs {

// What the threads of one work() share.
struct WorkShared : LoopShared {
    WorkShared(const Config& config_in, const std::string& queue_in, const Handler& handler_in,
               const WorkOptions& options_in);

    const Handler& handler;
    const WorkOptions& options;

    void connection_lost(const std::string& error, Duration delay) override;
    void connection_back() override;
    // Counts the event and tells the caller of it.
    void report(const WorkEvent& event);

    WorkSummary summary;  // guarded by the mutex
};

class WorkerThread : public WorkerLoop {
public:
    WorkerThread(WorkShared& shared, int number) : WorkerLoop(shared, number), shared_(shared) {}

protected:
    bool take_and_process() override;
    void wait_in_server() override;
    bool is_held_off() override;

private:
    using NextMessage = Next<Message>;

    NextMessage process(const Taken<Message>& taken);
    Raised run_handler(RunningJob& job);
    std::optional<Duration> retry_delay(const Message& message);
    NextMessage settle(const RunningJob& job, const Message& message, const Raised& raised,
                       const LeaseKeeper::Held& lease);
    NextMessage archive_and_take(const Message& message, const LeaseKeeper::Held& lease);
    void fail(const Message& message, const Raised& raised, const LeaseKeeper::Held& lease);
    Failed fail_once(const Message& message, const Raised& raised,
                     const std::optional<Duration>& delay);

    WorkShared& shared_;
    bool woken_ = false;         // a wait ended with a message
    bool next_refused_ = false;  // messages are archived and taken by two calls
    bool fail_refused_ = false;  // failed messages are released
};

}  // namespace pgqrs
