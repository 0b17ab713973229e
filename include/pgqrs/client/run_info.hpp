// Workflows, runs and their steps, as those see them who are not their worker: the rows of the SQL surface.
//
// The labels of the enumerations are those of the SQL types; `unknown` stands for one that a newer server has.
//
// Threads: values; threads may read one at the same time. ABI: the structs get members with minor versions, and the
// enumerations labels, so a switch has a default.
#pragma once

#include <cstdint>
#include <optional>
#include <string>

#include <nlohmann/json_fwd.hpp>

#include "pgqrs/client/message.hpp"
#include "pgqrs/client/time.hpp"

namespace pgqrs {

// What a run is doing, or how it ended. Labels as pgqrs.run_state describes them.
enum class RunState {
    queued,
    running,
    sleeping,
    waiting,
    retrying,
    paused,
    crashed,
    succeeded,
    failed,
    cancelled,
    timed_out,
    unknown,
};
const char* to_string(RunState state);
// Whether a run in this state has ended.
bool is_final(RunState state);

// What a run waits for, and why it was delivered. Labels as pgqrs.run_reason describes them.
enum class RunReason { start, retry, timer, signal, event, children, pause, no_handler, unknown };
const char* to_string(RunReason reason);

enum class StepKind { step, sleep, signal, event, children, child, unknown };
const char* to_string(StepKind kind);

// How far a step is. Labels as pgqrs.step_status describes them.
enum class StepStatus { started, in_doubt, succeeded, failed, timed_out, overridden, unknown };
const char* to_string(StepStatus status);

// What cancel() or pause() did. Labels as pgqrs.run_control describes them.
enum class RunControl {
    cancelled,  // it has ended
    paused,     // it waits for resume()
    requested,  // a worker has it: it ends, or is paused, with the delivery
    ended,      // it had ended before
    unknown,
};
const char* to_string(RunControl control);

struct WorkflowInfo {
    std::int64_t id = 0;
    std::string name = {};
    std::string queue = {};  // that delivers its runs
    std::optional<std::string> handler =
        {};  // none: workers outside of the server execute the runs
    std::string owner = {};
    std::optional<std::string> description = {};
    // None: what holds for the queue, here and in the next four.
    std::optional<int> max_attempts = {};  // 0: no limit
    std::optional<Backoff> backoff = {};
    std::optional<Duration> backoff_base = {};
    std::optional<Duration> backoff_cap = {};
    std::optional<double> backoff_jitter = {};
    std::optional<Duration> run_timeout = {};
    std::optional<Duration> retention = {};  // none: runs that have ended stay
    TimePoint created_at = {};
};

// What a start answers with.
struct StartedRun {
    std::int64_t run = 0;
    bool created = true;  // false: a run with the key was there
    RunState state = RunState::queued;
};

// Columns as pgqrs.run describes them.
struct RunInfo {
    std::int64_t id = 0;
    std::string workflow = {};
    std::optional<std::string> queue = {};
    std::optional<std::string> version = {};
    RunState state = RunState::queued;
    std::optional<RunReason> reason = {};
    std::optional<int> attempt = {};
    int read_ct = 0;
    std::optional<std::int64_t> worker_id = {};
    std::optional<TimePoint> available_at = {};
    std::optional<TimePoint> vt = {};
    std::optional<std::int64_t> parent = {};
    std::optional<std::int64_t> first_run = {};
    std::optional<std::int64_t> continued_as = {};
    TimePoint created_at = {};
    std::optional<TimePoint> finished_at = {};
    std::optional<TimePoint> deadline = {};
    std::optional<std::string> idempotency_key = {};
    bool cancel_requested = false;
    std::optional<std::string> headers = {};  // JSON texts; lists leave these three out
    std::optional<std::string> input = {};
    std::optional<std::string> output = {};
    std::optional<std::string> error = {};

    nlohmann::json input_json() const;   // null where there is none
    nlohmann::json output_json() const;  // null where there is none
};

// Columns as pgqrs.list_steps() describes them.
struct StepInfo {
    std::string name = {};
    int seq = 0;
    StepKind kind = StepKind::step;
    StepStatus status = StepStatus::started;
    int attempt = 0;
    int read_ct = 0;
    TimePoint started_at = {};
    std::optional<TimePoint> recorded_at = {};
    std::optional<TimePoint> until = {};
    std::optional<std::int64_t> child = {};
    std::optional<std::string> output = {};  // JSON text
    std::optional<std::string> error = {};
};

// Something that happened in a run. The first one of a timeline is the run itself.
struct TimelineEntry {
    std::optional<std::string> name = {};  // of the workflow, or of the step; none: a failure
    std::optional<int> seq = {};
    std::string kind = {};  // "run", a label of StepKind, or "failure"
    std::string status =
        {};  // a label of RunState or StepStatus; of a failure "retrying" or "failed"
    TimePoint started_at = {};
    std::optional<TimePoint> ended_at = {};
    std::optional<int> attempt = {};
    std::optional<std::int64_t> child = {};
    std::optional<std::string> error = {};
};

// The runs of a workflow by their state. Columns as pgqrs.workflow_metrics() describes them.
struct WorkflowMetrics {
    std::string workflow = {};
    std::optional<std::string> queue = {};
    std::int64_t active = 0;
    std::int64_t queued = 0;
    std::int64_t running = 0;
    std::int64_t sleeping = 0;
    std::int64_t waiting = 0;
    std::int64_t retrying = 0;
    std::int64_t paused = 0;
    std::int64_t crashed = 0;
    std::int64_t failed = 0;
    std::int64_t cancelled = 0;
    std::int64_t timed_out = 0;
    std::optional<Duration> oldest_queued_age = {};
    bool exact = true;
};

// A run that does not go on by itself, and why.
struct StuckRun {
    std::int64_t run = 0;
    std::string workflow = {};
    std::string why = {};
    std::optional<TimePoint> since = {};
    std::string hint = {};
};

}  // namespace pgqrs
