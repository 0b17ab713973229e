// From rows to the structures of run_info.hpp: the columns to select, in the order the readers expect.
#pragma once

#include <string_view>

#include "pgqrs/client/connection.hpp"
#include "pgqrs/client/run_info.hpp"

namespace pgqrs {

// Times come as microseconds since 1970, so no setting of the session matters.
#define PGQRS_MICROSECONDS(expression) "(extract(epoch FROM " expression ") * 1000000)::bigint"

// w is a row of pgqrs.workflows, q that of its queue.
inline constexpr std::string_view kWorkflowColumns =
    "w.id, w.name, q.name, w.handler, w.owner, w.description, w.max_attempts, w.backoff, "
    PGQRS_MICROSECONDS("w.backoff_base") ", " PGQRS_MICROSECONDS("w.backoff_cap")
    ", w.backoff_jitter, " PGQRS_MICROSECONDS("w.run_timeout") ", "
    PGQRS_MICROSECONDS("w.retention") ", " PGQRS_MICROSECONDS("w.created_at");
// The columns of pgqrs.run.
inline constexpr std::string_view kRunColumns =
    "run, workflow, queue, version, state, reason, attempt, read_ct, worker_id, "
    PGQRS_MICROSECONDS("available_at") ", " PGQRS_MICROSECONDS("vt")
    ", parent, first_run, continued_as, " PGQRS_MICROSECONDS("created_at") ", "
    PGQRS_MICROSECONDS("finished_at") ", " PGQRS_MICROSECONDS("deadline")
    ", idempotency_key, cancel_requested, headers, input, output, error";
inline constexpr std::string_view kStepColumns =
    "name, seq, kind, status, attempt, read_ct, " PGQRS_MICROSECONDS("started_at") ", "
    PGQRS_MICROSECONDS("recorded_at") ", " PGQRS_MICROSECONDS("until") ", child, output, error";
inline constexpr std::string_view kTimelineColumns = "name, seq, kind, status, " PGQRS_MICROSECONDS(
    "started_at") ", " PGQRS_MICROSECONDS("ended_at") ", attempt, child, error";
inline constexpr std::string_view kStuckColumns =
    "run, workflow, why, " PGQRS_MICROSECONDS("since") ", hint";

inline constexpr std::string_view kWorkflowMetricsColumns =
    "workflow, queue, active, queued, running, sleeping, waiting, retrying, paused, crashed, "
    "failed, cancelled, "
    "timed_out, " PGQRS_MICROSECONDS("oldest_queued_age") ", exact";

#undef PGQRS_MICROSECONDS

WorkflowInfo workflow_of(const Result& result, int row);
StartedRun started_of(const Result& result, int row);
RunInfo run_of(const Result& result, int row);
StepInfo step_of(const Result& result, int row);
TimelineEntry timeline_entry_of(const Result& result, int row);
WorkflowMetrics workflow_metrics_of(const Result& result, int row);
StuckRun stuck_run_of(const Result& result, int row);
RunControl control_of(const Result& result, int row);

}  // namespace pgqrs
