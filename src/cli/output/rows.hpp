// The rows of the client library as fields with a key: how commands show them. doc/cli.md describes the same.
#pragma once

#include <vector>

#include "cli/output/table.hpp"
#include "pgqrs/client/admin.hpp"
#include "pgqrs/client/failure.hpp"
#include "pgqrs/client/message.hpp"
#include "pgqrs/client/run_info.hpp"

namespace pgqrs::cli {

const std::vector<Field<Queue>>& queue_fields();
const std::vector<Field<Message>>& message_fields();
const std::vector<Field<ArchivedMessage>>& archived_fields();
const std::vector<Field<Worker>>& worker_fields();
const std::vector<Field<WorkerHealth>>& worker_health_fields();
const std::vector<Field<WorkerMetrics>>& worker_metrics_fields();
const std::vector<Field<QueueGrant>>& grant_fields();
const std::vector<Field<Metrics>>& metrics_fields();
const std::vector<Field<Fault>>& fault_fields();
const std::vector<Field<Failed>>& failed_fields();
const std::vector<Field<Cancelled>>& cancelled_fields();
const std::vector<Field<pgqrs::Failure>>& failure_fields();
const std::vector<Field<DeadLetter>>& dead_letter_fields();
const std::vector<Field<RetentionRule>>& retention_fields();
const std::vector<Field<WorkflowInfo>>& workflow_fields();
const std::vector<Field<WorkflowMetrics>>& workflow_metrics_fields();
const std::vector<Field<RunInfo>>& run_fields();
const std::vector<Field<StepInfo>>& step_fields();
const std::vector<Field<TimelineEntry>>& timeline_fields();
const std::vector<Field<StuckRun>>& stuck_run_fields();

}  // namespace pgqrs::cli
