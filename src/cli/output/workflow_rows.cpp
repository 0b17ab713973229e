// Fields of workflows, runs, their steps and what happened in them.
#include "cli/output/rows.hpp"

namespace pgqrs::cli {
namespace {

Value standing_out(Value value, bool wanted) {
    value.standing_out = wanted;
    return value;
}

Value state_value(RunState state) {
    return standing_out(text_value(to_string(state)),
                        state == RunState::failed || state == RunState::timed_out ||
                            state == RunState::crashed || state == RunState::paused);
}

Value status_value(const std::string& status) {
    return standing_out(text_value(status),
                        status == "failed" || status == "timed_out" || status == "in_doubt");
}

Value reason_value(RunReason reason) { return text_value(to_string(reason)); }

Value duration_of(TimePoint start, const std::optional<TimePoint>& end) {
    return end ? seconds_value(*end - start) : null_value();
}

}  // namespace

const std::vector<Field<WorkflowInfo>>& workflow_fields() {
    using Row = WorkflowInfo;
    static const std::vector<Field<Row>> fields = {
        {"id", [](const Row& row) { return number_value(row.id); }},
        {"name", [](const Row& row) { return text_value(row.name); }},
        {"queue", [](const Row& row) { return text_value(row.queue); }},
        {"handler", [](const Row& row) { return optional_value(row.handler, text_value); }},
        {"owner", [](const Row& row) { return text_value(row.owner); }},
        {"description", [](const Row& row) { return optional_value(row.description, text_value); }},
        {"created_at", [](const Row& row) { return time_value(row.created_at); }, false},
        {"max_attempts",
         [](const Row& row) { return optional_value(row.max_attempts, number_value); }},
        {"backoff",
         [](const Row& row) {
             return optional_value(row.backoff,
                                   [](Backoff backoff) { return text_value(to_string(backoff)); });
         },
         false},
        {"backoff_base_seconds",
         [](const Row& row) { return optional_value(row.backoff_base, seconds_value); }, false},
        {"backoff_cap_seconds",
         [](const Row& row) { return optional_value(row.backoff_cap, seconds_value); }, false},
        {"backoff_jitter",
         [](const Row& row) { return optional_value(row.backoff_jitter, real_value); }, false},
        {"run_timeout_seconds",
         [](const Row& row) { return optional_value(row.run_timeout, seconds_value); }},
        {"retention_seconds",
         [](const Row& row) { return optional_value(row.retention, seconds_value); }},
    };
    return fields;
}

const std::vector<Field<WorkflowMetrics>>& workflow_metrics_fields() {
    using Row = WorkflowMetrics;
    static const std::vector<Field<Row>> fields = {
        {"workflow", [](const Row& row) { return text_value(row.workflow); }},
        {"queue", [](const Row& row) { return optional_value(row.queue, text_value); }, false},
        {"active", [](const Row& row) { return number_value(row.active); }},
        {"queued", [](const Row& row) { return number_value(row.queued); }},
        {"running", [](const Row& row) { return number_value(row.running); }},
        {"sleeping", [](const Row& row) { return number_value(row.sleeping); }},
        {"waiting", [](const Row& row) { return number_value(row.waiting); }},
        {"retrying", [](const Row& row) { return number_value(row.retrying); }},
        {"paused", [](const Row& row) { return alarming_value(row.paused); }},
        {"crashed", [](const Row& row) { return alarming_value(row.crashed); }},
        {"failed", [](const Row& row) { return alarming_value(row.failed); }},
        {"cancelled", [](const Row& row) { return number_value(row.cancelled); }, false},
        {"timed_out", [](const Row& row) { return alarming_value(row.timed_out); }},
        {"oldest_queued_age_seconds",
         [](const Row& row) { return optional_value(row.oldest_queued_age, seconds_value); }},
        {"exact", [](const Row& row) { return boolean_value(row.exact); }},
    };
    return fields;
}

const std::vector<Field<RunInfo>>& run_fields() {
    using Row = RunInfo;
    static const std::vector<Field<Row>> fields = {
        {"id", [](const Row& row) { return number_value(row.id); }},
        {"workflow", [](const Row& row) { return text_value(row.workflow); }},
        {"queue", [](const Row& row) { return optional_value(row.queue, text_value); }, false},
        {"version", [](const Row& row) { return optional_value(row.version, text_value); }, false},
        {"state", [](const Row& row) { return state_value(row.state); }},
        {"reason", [](const Row& row) { return optional_value(row.reason, reason_value); }},
        {"attempt", [](const Row& row) { return optional_value(row.attempt, number_value); }},
        {"read_ct", [](const Row& row) { return number_value(row.read_ct); }, false},
        {"worker_id", [](const Row& row) { return optional_value(row.worker_id, number_value); },
         false},
        {"available_at",
         [](const Row& row) { return optional_value(row.available_at, time_value); }, false},
        {"vt", [](const Row& row) { return optional_value(row.vt, time_value); }, false},
        {"parent", [](const Row& row) { return optional_value(row.parent, number_value); }},
        {"first_run", [](const Row& row) { return optional_value(row.first_run, number_value); },
         false},
        {"continued_as",
         [](const Row& row) { return optional_value(row.continued_as, number_value); }, false},
        {"created_at", [](const Row& row) { return time_value(row.created_at); }},
        {"finished_at", [](const Row& row) { return optional_value(row.finished_at, time_value); },
         false},
        {"duration_seconds",
         [](const Row& row) { return duration_of(row.created_at, row.finished_at); }},
        {"deadline", [](const Row& row) { return optional_value(row.deadline, time_value); },
         false},
        {"idempotency_key",
         [](const Row& row) { return optional_value(row.idempotency_key, text_value); }},
        {"cancel_requested", [](const Row& row) { return boolean_value(row.cancel_requested); },
         false},
        {"headers", [](const Row& row) { return optional_value(row.headers, json_value); }, false},
        {"input", [](const Row& row) { return optional_value(row.input, json_value); }, false},
        {"output", [](const Row& row) { return optional_value(row.output, json_value); }, false},
        {"error", [](const Row& row) { return optional_value(row.error, text_value); }},
    };
    return fields;
}

const std::vector<Field<StepInfo>>& step_fields() {
    using Row = StepInfo;
    static const std::vector<Field<Row>> fields = {
        {"name", [](const Row& row) { return text_value(row.name); }},
        {"seq", [](const Row& row) { return number_value(row.seq); }},
        {"kind", [](const Row& row) { return text_value(to_string(row.kind)); }},
        {"status", [](const Row& row) { return status_value(to_string(row.status)); }},
        {"attempt", [](const Row& row) { return number_value(row.attempt); }},
        {"read_ct", [](const Row& row) { return number_value(row.read_ct); }, false},
        {"started_at", [](const Row& row) { return time_value(row.started_at); }},
        {"recorded_at", [](const Row& row) { return optional_value(row.recorded_at, time_value); },
         false},
        {"until", [](const Row& row) { return optional_value(row.until, time_value); }, false},
        {"child", [](const Row& row) { return optional_value(row.child, number_value); }},
        {"output", [](const Row& row) { return optional_value(row.output, json_value); }},
        {"error", [](const Row& row) { return optional_value(row.error, text_value); }},
    };
    return fields;
}

const std::vector<Field<TimelineEntry>>& timeline_fields() {
    using Row = TimelineEntry;
    static const std::vector<Field<Row>> fields = {
        {"name", [](const Row& row) { return optional_value(row.name, text_value); }},
        {"seq", [](const Row& row) { return optional_value(row.seq, number_value); }},
        {"kind", [](const Row& row) { return text_value(row.kind); }},
        {"status", [](const Row& row) { return status_value(row.status); }},
        {"started_at", [](const Row& row) { return time_value(row.started_at); }},
        {"ended_at", [](const Row& row) { return optional_value(row.ended_at, time_value); }},
        {"duration_seconds",
         [](const Row& row) { return duration_of(row.started_at, row.ended_at); }},
        {"attempt", [](const Row& row) { return optional_value(row.attempt, number_value); }},
        {"child", [](const Row& row) { return optional_value(row.child, number_value); }},
        {"error", [](const Row& row) { return optional_value(row.error, text_value); }},
    };
    return fields;
}

const std::vector<Field<StuckRun>>& stuck_run_fields() {
    using Row = StuckRun;
    static const std::vector<Field<Row>> fields = {
        {"id", [](const Row& row) { return number_value(row.run); }},
        {"workflow", [](const Row& row) { return text_value(row.workflow); }},
        {"why", [](const Row& row) { return text_value(row.why); }},
        {"since", [](const Row& row) { return optional_value(row.since, time_value); }},
        {"hint", [](const Row& row) { return text_value(row.hint); }},
    };
    return fields;
}

}  // namespace pgqrs::cli
