// Fields of workers, their health and what they have.
#include "cli/output/rows.hpp"

namespace pgqrs::cli {
namespace {

Value state_value(WorkerState state) {
    Value value = text_value(to_string(state));
    value.standing_out = state == WorkerState::dead || state == WorkerState::suspended;
    return value;
}

}  // namespace

const std::vector<Field<Worker>>& worker_fields() {
    static const std::vector<Field<Worker>> fields = {
        {"id", [](const Worker& row) { return number_value(row.id); }},
        {"queue", [](const Worker& row) { return text_value(row.queue); }},
        {"name", [](const Worker& row) { return text_value(row.name); }},
        {"hostname", [](const Worker& row) { return optional_value(row.hostname, text_value); }},
        {"pid", [](const Worker& row) { return optional_value(row.pid, number_value); }},
        {"registered_at", [](const Worker& row) { return time_value(row.registered_at); }, false},
        {"state", [](const Worker& row) { return state_value(row.state); }},
        {"lease_seconds", [](const Worker& row) { return seconds_value(row.lease); }},
        {"heartbeat_at", [](const Worker& row) { return time_value(row.heartbeat_at); }},
        {"metadata", [](const Worker& row) { return optional_value(row.metadata, json_value); },
         false},
    };
    return fields;
}

const std::vector<Field<WorkerHealth>>& worker_health_fields() {
    using Row = WorkerHealth;
    static const std::vector<Field<Row>> fields = {
        {"queue", [](const Row& row) { return text_value(row.queue); }},
        {"ready", [](const Row& row) { return number_value(row.ready); }},
        {"polling", [](const Row& row) { return number_value(row.polling); }},
        {"suspended", [](const Row& row) { return alarming_value(row.suspended); }},
        {"stopped", [](const Row& row) { return number_value(row.stopped); }},
        {"dead", [](const Row& row) { return alarming_value(row.dead); }},
        {"oldest_heartbeat_age_seconds",
         [](const Row& row) { return optional_value(row.oldest_heartbeat_age, seconds_value); }},
    };
    return fields;
}

const std::vector<Field<WorkerMetrics>>& worker_metrics_fields() {
    using Row = WorkerMetrics;
    static const std::vector<Field<Row>> fields = {
        {"worker", [](const Row& row) { return number_value(row.worker); }},
        {"name", [](const Row& row) { return text_value(row.name); }},
        {"state", [](const Row& row) { return state_value(row.state); }},
        {"heartbeat_age_seconds", [](const Row& row) { return seconds_value(row.heartbeat_age); }},
        {"in_flight", [](const Row& row) { return number_value(row.in_flight); }},
        {"oldest_delivery_age_seconds",
         [](const Row& row) { return optional_value(row.oldest_delivery_age, seconds_value); }},
        {"oldest_lease_end",
         [](const Row& row) { return optional_value(row.oldest_lease_end, time_value); }},
    };
    return fields;
}

}  // namespace pgqrs::cli
