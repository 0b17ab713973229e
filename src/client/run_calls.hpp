// The SQL calls of a worker about one run, which it has. Each is one round trip, and raises what the server does.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "claimed_run.hpp"
#include "pgqrs/client/connection.hpp"

namespace pgqrs {

struct ClaimOptions {
    Duration lease{};
    Duration wait{};
    std::optional<std::int64_t> worker = {};
    std::int64_t step_bytes = 0;
};

std::optional<ClaimedRun> claim_run(Connection& connection, const std::string& queue,
                                    const ClaimOptions& options, const Stop* stop = nullptr);

enum class Suspension { ready, suspended, timed_out };

struct Suspended {
    Suspension status = Suspension::suspended;
    std::optional<std::string> value = {};
};

struct FailedStep {
    bool retry = false;
    Duration delay{};
};

struct EndedRun {
    std::string state = {};
    Duration delay{};  // of one that is retried
};

class RunCalls {
public:
    RunCalls(Connection& connection, const RunDelivery& run);

    // The step as it is recorded, without its kind.
    std::optional<RecordedStep> get_step(const StepKey& key);
    // Checks the kind and the hash of a step that is recorded.
    RecordedStep begin_step(const StepKey& key, const StepOptions& options);
    std::optional<std::string> complete_step(const StepKey& key,
                                             const std::optional<std::string>& output,
                                             const StepOptions& options, bool raise_when_recorded);
    FailedStep fail_step(const StepKey& key, const std::string& error, bool retryable,
                         const StepOptions& options);

    Suspended sleep(const StepKey& key, Duration duration);
    Suspended sleep_until(const StepKey& key, TimePoint until);
    // wait_signal or wait_event.
    Suspended wait_for(const std::string& function, const StepKey& key, const std::string& target,
                       const std::optional<Duration>& timeout);
    Suspended wait_runs(const StepKey& key, const std::vector<std::int64_t>& runs, bool any,
                        const std::optional<Duration>& timeout);

    std::int64_t start_child(const StepKey& key, const std::string& workflow,
                             const std::string& input, const ChildOptions& options);
    std::vector<std::int64_t> start_children(const StepKey& key, const std::string& workflow,
                                             const std::vector<std::string>& inputs,
                                             const ChildOptions& options);
    void set_value(const std::string& key, const std::string& value);
    bool cancel_requested();

    std::string complete_run(const std::optional<std::string>& output);  // its state
    EndedRun fail_run(const std::string& error, bool retryable);
    void release_run(const std::optional<Duration>& delay, const std::string& reason);
    // None: the run has ended as cancelled.
    std::optional<std::int64_t> continue_as_new(const std::string& input);

private:
    Result call(const std::string& columns, const std::string& function,
                const std::vector<std::pair<const char*, Parameter>>& arguments);
    Suspended suspend(const std::string& function,
                      std::vector<std::pair<const char*, Parameter>> arguments, const StepKey& key);

    Connection& connection_;
    std::string run_;
    std::string read_ct_;
};

// What wait_runs() answers.
std::vector<ChildResult> children_of(const std::optional<std::string>& value);

}  // namespace pgqrs
