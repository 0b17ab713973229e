// Fields of failures, dead messages and rules of retention.
#include "cli/output/rows.hpp"

namespace pgqrs::cli {

const std::vector<Field<Failed>>& failed_fields() {
    static const std::vector<Field<Failed>> fields = {
        {"id", [](const Failed& row) { return number_value(row.id); }},
        {"result", [](const Failed& row) { return text_value(to_string(row.result)); }},
        {"attempt", [](const Failed& row) { return optional_value(row.attempt, number_value); }},
        {"available_at",
         [](const Failed& row) { return optional_value(row.available_at, time_value); }},
    };
    return fields;
}

const std::vector<Field<Cancelled>>& cancelled_fields() {
    static const std::vector<Field<Cancelled>> fields = {
        {"id", [](const Cancelled& row) { return number_value(row.id); }},
        {"result", [](const Cancelled& row) { return text_value(to_string(row.result)); }},
    };
    return fields;
}

const std::vector<Field<pgqrs::Failure>>& failure_fields() {
    using Row = pgqrs::Failure;
    static const std::vector<Field<Row>> fields = {
        {"id", [](const Row& row) { return number_value(row.id); }, false},
        {"queue", [](const Row& row) { return optional_value(row.queue, text_value); }},
        {"failed_at", [](const Row& row) { return time_value(row.failed_at); }},
        {"read_ct", [](const Row& row) { return number_value(row.read_ct); }},
        {"attempt", [](const Row& row) { return number_value(row.attempt); }},
        {"died", [](const Row& row) { return boolean_value(row.died); }},
        {"worker_id", [](const Row& row) { return optional_value(row.worker_id, number_value); },
         false},
        {"worker", [](const Row& row) { return optional_value(row.worker, text_value); }},
        {"error", [](const Row& row) { return text_value(row.error); }},
    };
    return fields;
}

const std::vector<Field<DeadLetter>>& dead_letter_fields() {
    using Row = DeadLetter;
    static const std::vector<Field<Row>> fields = {
        {"id", [](const Row& row) { return number_value(row.id); }},
        {"queue", [](const Row& row) { return optional_value(row.queue, text_value); }},
        {"origin", [](const Row& row) { return optional_value(row.origin, text_value); }},
        {"priority", [](const Row& row) { return number_value(row.priority); }, false},
        {"read_ct", [](const Row& row) { return number_value(row.read_ct); }, false},
        {"attempt", [](const Row& row) { return number_value(row.attempt); }},
        {"enqueued_at", [](const Row& row) { return time_value(row.enqueued_at); }, false},
        {"died_at", [](const Row& row) { return time_value(row.died_at); }},
        {"error", [](const Row& row) { return optional_value(row.error, text_value); }},
        {"headers", [](const Row& row) { return optional_value(row.headers, json_value); }, false},
        {"payload", [](const Row& row) { return json_value(row.payload); }},
    };
    return fields;
}

const std::vector<Field<RetentionRule>>& retention_fields() {
    using Row = RetentionRule;
    static const std::vector<Field<Row>> fields = {
        {"queue", [](const Row& row) { return text_value(row.queue); }},
        {"outcome", [](const Row& row) { return text_value(to_string(row.outcome)); }},
        {"max_age_seconds",
         [](const Row& row) { return optional_value(row.max_age, seconds_value); }},
        {"max_count", [](const Row& row) { return optional_value(row.max_count, number_value); }},
    };
    return fields;
}

}  // namespace pgqrs::cli
