#include "workflow_rows.hpp"

#include <array>

#include <nlohmann/json.hpp>

#include "row_values.hpp"

namespace pgqrs {
namespace {

// The name of a label, where there is one for each but the last.
template <typename Enumeration, std::size_t Size>
const char* name_of(Enumeration label, const std::array<const char*, Size>& names) {
    const auto place = static_cast<std::size_t>(label);
    return place < Size ? names[place] : "unknown";
}

template <typename Enumeration>
std::optional<Enumeration> optional_label(const Result& result, int row, int column) {
    return unless_null<Enumeration>(result, row, column, label_of<Enumeration>);
}

std::optional<Duration> optional_duration(const Result& result, int row, int column) {
    return unless_null<Duration>(result, row, column, integer_at);
}

std::optional<std::int64_t> optional_id(const Result& result, int row, int column) {
    return unless_null<std::int64_t>(result, row, column, integer_at);
}

std::optional<int> optional_int(const Result& result, int row, int column) {
    return unless_null<int>(result, row, column, integer_at);
}

nlohmann::json parsed(const std::optional<std::string>& text) {
    return text ? nlohmann::json::parse(*text) : nlohmann::json();
}

}  // namespace

const char* to_string(RunState state) {
    static constexpr std::array kNames = {"queued",   "running",   "sleeping", "waiting",
                                          "retrying", "paused",    "crashed",  "succeeded",
                                          "failed",   "cancelled", "timed_out"};
    static_assert(kNames.size() == static_cast<std::size_t>(RunState::unknown));
    return name_of(state, kNames);
}

bool is_final(RunState state) {
    return state >= RunState::succeeded && state <= RunState::timed_out;
}

const char* to_string(RunReason reason) {
    static constexpr std::array kNames = {"start", "retry",    "timer", "signal",
                                          "event", "children", "pause", "no_handler"};
    static_assert(kNames.size() == static_cast<std::size_t>(RunReason::unknown));
    return name_of(reason, kNames);
}

const char* to_string(StepKind kind) {
    static constexpr std::array kNames = {"step", "sleep", "signal", "event", "children", "child"};
    static_assert(kNames.size() == static_cast<std::size_t>(StepKind::unknown));
    return name_of(kind, kNames);
}

const char* to_string(StepStatus status) {
    static constexpr std::array kNames = {"started", "in_doubt",  "succeeded",
                                          "failed",  "timed_out", "overridden"};
    static_assert(kNames.size() == static_cast<std::size_t>(StepStatus::unknown));
    return name_of(status, kNames);
}

const char* to_string(RunControl control) {
    static constexpr std::array kNames = {"cancelled", "paused", "requested", "ended"};
    static_assert(kNames.size() == static_cast<std::size_t>(RunControl::unknown));
    return name_of(control, kNames);
}

nlohmann::json RunInfo::input_json() const { return parsed(input); }
nlohmann::json RunInfo::output_json() const { return parsed(output); }

WorkflowInfo workflow_of(const Result& result, int row) {
    WorkflowInfo workflow;
    workflow.id = result.integer(row, 0);
    workflow.name = result.text(row, 1);
    workflow.queue = result.text(row, 2);
    workflow.handler = optional_text(result, row, 3);
    workflow.owner = result.text(row, 4);
    workflow.description = optional_text(result, row, 5);
    workflow.max_attempts = optional_int(result, row, 6);
    workflow.backoff = optional_label<Backoff>(result, row, 7);
    workflow.backoff_base = optional_duration(result, row, 8);
    workflow.backoff_cap = optional_duration(result, row, 9);
    workflow.backoff_jitter = unless_null<double>(result, row, 10, real_at);
    workflow.run_timeout = optional_duration(result, row, 11);
    workflow.retention = optional_duration(result, row, 12);
    workflow.created_at = time_at(result, row, 13);
    return workflow;
}

StartedRun started_of(const Result& result, int row) {
    return {result.integer(row, 0), result.boolean(row, 1), label_of<RunState>(result, row, 2)};
}

RunInfo run_of(const Result& result, int row) {
    RunInfo run;
    run.id = result.integer(row, 0);
    run.workflow = result.text(row, 1);
    run.queue = optional_text(result, row, 2);
    run.version = optional_text(result, row, 3);
    run.state = label_of<RunState>(result, row, 4);
    run.reason = optional_label<RunReason>(result, row, 5);
    run.attempt = optional_int(result, row, 6);
    run.read_ct = static_cast<int>(result.integer(row, 7));
    run.worker_id = optional_id(result, row, 8);
    run.available_at = optional_time(result, row, 9);
    run.vt = optional_time(result, row, 10);
    run.parent = optional_id(result, row, 11);
    run.first_run = optional_id(result, row, 12);
    run.continued_as = optional_id(result, row, 13);
    run.created_at = time_at(result, row, 14);
    run.finished_at = optional_time(result, row, 15);
    run.deadline = optional_time(result, row, 16);
    run.idempotency_key = optional_text(result, row, 17);
    run.cancel_requested = result.boolean(row, 18);
    run.headers = optional_text(result, row, 19);
    run.input = optional_text(result, row, 20);
    run.output = optional_text(result, row, 21);
    run.error = optional_text(result, row, 22);
    return run;
}

StepInfo step_of(const Result& result, int row) {
    StepInfo step;
    step.name = result.text(row, 0);
    step.seq = static_cast<int>(result.integer(row, 1));
    step.kind = label_of<StepKind>(result, row, 2);
    step.status = label_of<StepStatus>(result, row, 3);
    step.attempt = static_cast<int>(result.integer(row, 4));
    step.read_ct = static_cast<int>(result.integer(row, 5));
    step.started_at = time_at(result, row, 6);
    step.recorded_at = optional_time(result, row, 7);
    step.until = optional_time(result, row, 8);
    step.child = optional_id(result, row, 9);
    step.output = optional_text(result, row, 10);
    step.error = optional_text(result, row, 11);
    return step;
}

TimelineEntry timeline_entry_of(const Result& result, int row) {
    TimelineEntry entry;
    entry.name = optional_text(result, row, 0);
    entry.seq = optional_int(result, row, 1);
    entry.kind = result.text(row, 2);
    entry.status = result.text(row, 3);
    entry.started_at = time_at(result, row, 4);
    entry.ended_at = optional_time(result, row, 5);
    entry.attempt = optional_int(result, row, 6);
    entry.child = optional_id(result, row, 7);
    entry.error = optional_text(result, row, 8);
    return entry;
}

WorkflowMetrics workflow_metrics_of(const Result& result, int row) {
    WorkflowMetrics metrics;
    metrics.workflow = result.text(row, 0);
    metrics.queue = optional_text(result, row, 1);
    metrics.active = result.integer(row, 2);
    metrics.queued = result.integer(row, 3);
    metrics.running = result.integer(row, 4);
    metrics.sleeping = result.integer(row, 5);
    metrics.waiting = result.integer(row, 6);
    metrics.retrying = result.integer(row, 7);
    metrics.paused = result.integer(row, 8);
    metrics.crashed = result.integer(row, 9);
    metrics.failed = result.integer(row, 10);
    metrics.cancelled = result.integer(row, 11);
    metrics.timed_out = result.integer(row, 12);
    metrics.oldest_queued_age = optional_duration(result, row, 13);
    metrics.exact = result.boolean(row, 14);
    return metrics;
}

StuckRun stuck_run_of(const Result& result, int row) {
    return {result.integer(row, 0), result.text(row, 1), result.text(row, 2),
            optional_time(result, row, 3), result.text(row, 4)};
}

RunControl control_of(const Result& result, int row) {
    return label_of<RunControl>(result, row, 0);
}

}  // namespace pgqrs
