// Workflows from outside of their runs: define them, start runs, send them signals, look at them, control them.
//
// Threads: a Workflows is used by the thread that uses its Connection.
// ABI: Workflows stays one reference within a major version. The structs get members with minor versions.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include <nlohmann/json.hpp>

#include "pgqrs/client/connection.hpp"
#include "pgqrs/client/run_info.hpp"

namespace pgqrs {

struct WorkflowOptions {
    std::optional<std::string> queue = {};        // create only; without, the one of its own name
    std::optional<std::string> handler = {};      // alter: the empty text takes it away
    std::optional<std::string> description = {};  // alter: the empty text takes it away
    std::optional<int> max_attempts = {};         // 0: no limit; these five: without, the queue's
    std::optional<Backoff> backoff = {};
    std::optional<Duration> backoff_base = {};
    std::optional<Duration> backoff_cap = {};
    std::optional<double> backoff_jitter = {};
    std::optional<Duration> run_timeout = {};  // alter: 0 takes it away
    std::optional<Duration> retention = {};    // how long runs that have ended are kept
};

// How long an idempotency key counts.
enum class KeyScope { active, period, forever };  // active: until the run has ended
const char* to_string(KeyScope scope);

// What a start does that meets a run with its key.
enum class OnConflict { return_run, error, retry_failed };
const char* to_string(OnConflict on_conflict);  // "return", "error", "retry_failed"

struct StartOptions {
    std::optional<std::string> idempotency_key = {};
    KeyScope key_scope = KeyScope::active;
    std::optional<Duration> key_period = {};  // of KeyScope::period
    OnConflict on_conflict = OnConflict::return_run;
    int priority = 5;                         // 0 is delivered first, 9 last
    Duration delay{};                         // delivered this much later at the earliest
    nlohmann::json headers = {};              // an object, or null for none
    std::optional<std::string> version = {};  // of the workflow's code, for its worker
    std::optional<TimePoint> deadline = {};   // without, the workflow's run_timeout counts
};

struct RunFilter {
    std::optional<std::string> workflow = {};  // without: of all
    std::optional<RunState> state = {};
    std::optional<TimePoint> since = {};  // started then or later
    std::optional<TimePoint> until = {};  // started before
    std::int64_t after_id = 0;
    int quantity = 100;
};

// A value that a run publishes.
struct RunValue {
    bool found = false;
    std::optional<std::string> value = {};  // JSON text; none: SQL's NULL
};

struct StepDecision {
    std::optional<std::string> output = {};  // JSON text
    std::optional<std::string> error = {};   // with it the step has failed
};

class Workflows {
public:
    explicit Workflows(Connection& connection) : connection_(connection) {}

    // Raises PQ004 for an invalid name, PQ010, PQ011 when the queue holds other messages, PQ016 when the workflow exists,
    // unless `if_not_exists`.
    WorkflowInfo create(const std::string& workflow, const WorkflowOptions& options = {},
                        bool if_not_exists = false);
    // Changes what is given. PQ010; PQ015 when there is no such workflow, as in the next two.
    WorkflowInfo alter(const std::string& workflow, const WorkflowOptions& options);
    // With its runs. Answers how many of them had not ended; PQ011 when there are such, unless `force`.
    std::int64_t drop(const std::string& workflow, bool force = false);
    WorkflowInfo get(const std::string& workflow);
    // Up to `quantity` by id, after `after_id`.
    std::vector<WorkflowInfo> list(std::int64_t after_id = 0, int quantity = 100);

    // A row for each workflow, by id, or for one (PQ015). Of each it looks at up to `most` runs that have not ended, and counts up
    // to `most` that failed, were cancelled or timed out, each.
    std::vector<WorkflowMetrics> metrics(const std::optional<std::string>& workflow = {},
                                         std::int64_t most = 10'000);

    // Starts a run; a transaction that is open on the connection includes it. Raises PQ005, PQ010, PQ013 when the key is
    // in use and on_conflict is error, PQ015, PQ021 when the key was used with another input.
    StartedRun start(const std::string& workflow, const nlohmann::json& input = nullptr,
                     const StartOptions& options = {});
    // The same for JSON text made elsewhere: numbers keep all their digits.
    StartedRun start_text(const std::string& workflow, const std::string& input,
                          const StartOptions& options = {});
    // Ids in the order of the inputs. All or nothing, however many. Of the options priority, delay and version count; the
    // others raise PQ010.
    std::vector<std::int64_t> start_many(const std::string& workflow,
                                         const std::vector<nlohmann::json>& inputs,
                                         const StartOptions& options = {});

    // False: the run has ended. Of signals with the same key only the first counts. Raises PQ005, PQ010, PQ017 for an
    // unknown run, as all below.
    bool signal(std::int64_t run, const std::string& signal,
                const nlohmann::json& payload = nullptr,
                const std::optional<std::string>& dedup_key = {});
    // The same for JSON text; none is SQL's NULL.
    bool signal_text(std::int64_t run, const std::string& signal,
                     const std::optional<std::string>& payload,
                     const std::optional<std::string>& dedup_key = {});
    // Wakes all runs of the queue that wait for it, and those that will. False: it was there already, which changes
    // nothing. Raises PQ002, PQ005, PQ010, PQ023 for a queue of messages.
    bool emit_event(const std::string& queue, const std::string& event,
                    const nlohmann::json& payload = nullptr);
    bool emit_event_text(const std::string& queue, const std::string& event,
                         const std::optional<std::string>& payload);

    RunInfo get_run(std::int64_t run);
    // By id, without their headers, inputs and outputs. More than pgqrs.max_batch_size raise PQ009.
    std::vector<RunInfo> list_runs(const RunFilter& filter = {});
    // Waits until the run, or the one that continues it, has ended, and returns that one; after the timeout as it is then
    // (is_final() tells). Without a timeout it waits for ever, as good as. Outside of transactions only (25001).
    RunInfo await_run(std::int64_t run, const std::optional<Duration>& timeout = {});

    // Children that are to end with it are cancelled after it, unless `cascade` is false.
    RunControl cancel(std::int64_t run, const std::optional<std::string>& reason = {},
                      bool cascade = true);
    RunControl pause(std::int64_t run, const std::optional<std::string>& reason = {});
    // Whether there was something to resume from.
    bool resume(std::int64_t run);
    // Starts a run again that has failed, timed out or was cancelled; from a step on, if one is named. False: it has not
    // ended. Raises PQ010 for one that has succeeded and for a step that it has not, PQ013 when another run has its key.
    bool retry(std::int64_t run, const std::optional<std::string>& from_step = {}, int seq = 0);
    // Starts another run with what the run has recorded so far, or before the step. Returns its id.
    std::int64_t fork(std::int64_t run, const std::optional<std::string>& from_step = {},
                      int seq = 0);
    // Says what came of a step in doubt. Raises PQ010 for a step that is not there or is being executed, PQ019 for one that is
    // recorded.
    void decide_step(std::int64_t run, const std::string& name, int seq,
                     const StepDecision& decision);
    // Removes runs that ended longer ago than this, at most so many; how many it removed.
    std::int64_t purge(const std::string& workflow, Duration older_than = {},
                       const std::optional<std::int64_t>& quantity = {});

    // In the order in which they were begun.
    std::vector<StepInfo> list_steps(std::int64_t run);
    std::vector<TimelineEntry> timeline(std::int64_t run);
    // Those that the caller may see. It reads all runs that have not ended.
    std::vector<StuckRun> stuck_runs();
    // Waits for it up to `wait`, at most pgqrs.max_wait (PQ009), unless the run ends before.
    RunValue get_value(std::int64_t run, const std::string& key, Duration wait = {});

private:
    Connection& connection_;
};

}  // namespace pgqrs
