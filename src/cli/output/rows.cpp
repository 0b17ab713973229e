// Fields of queues, rights, metrics and faults.
#include "cli/output/rows.hpp"

#include <nlohmann/json.hpp>

namespace pgqrs::cli {
namespace {

// The state a look at a list shall find.
Value paused_value(bool paused) {
    Value value = boolean_value(paused);
    value.standing_out = paused;
    return value;
}

}  // namespace

Value keys_value(const std::vector<std::string>& keys) {
    return keys.empty() ? optional_value(std::optional<std::string>(), json_value)
                        : json_value(nlohmann::json(keys).dump());
}

const std::vector<Field<Queue>>& queue_fields() {
    static const std::vector<Field<Queue>> fields = {
        {"id", [](const Queue& row) { return number_value(row.id); }},
        {"name", [](const Queue& row) { return text_value(row.name); }},
        {"paused", [](const Queue& row) { return paused_value(row.paused_at.has_value()); }},
        {"visibility_timeout_seconds",
         [](const Queue& row) { return seconds_value(row.visibility_timeout); }},
        {"max_deliveries",
         [](const Queue& row) { return optional_value(row.max_deliveries, number_value); }},
        {"notify", [](const Queue& row) { return boolean_value(row.notify); }},
        {"description",
         [](const Queue& row) { return optional_value(row.description, text_value); }},
        {"created_at", [](const Queue& row) { return time_value(row.created_at); }, false},
        {"paused_at", [](const Queue& row) { return optional_value(row.paused_at, time_value); },
         false},
        {"max_attempts", [](const Queue& row) { return number_value(row.max_attempts); }, false},
        {"backoff", [](const Queue& row) { return text_value(to_string(row.backoff)); }, false},
        {"backoff_base_seconds", [](const Queue& row) { return seconds_value(row.backoff_base); },
         false},
        {"backoff_cap_seconds", [](const Queue& row) { return seconds_value(row.backoff_cap); },
         false},
        {"backoff_jitter", [](const Queue& row) { return real_value(row.backoff_jitter); }, false},
        {"dead_letter_queue",
         [](const Queue& row) { return optional_value(row.dead_letter_queue, text_value); }, false},
        {"expires_after_seconds",
         [](const Queue& row) { return optional_value(row.expires_after, seconds_value); }, false},
        {"max_messages",
         [](const Queue& row) { return optional_value(row.max_messages, number_value); }, false},
        {"enqueue_rate",
         [](const Queue& row) { return optional_value(row.enqueue_rate, real_value); }, false},
        {"enqueue_burst",
         [](const Queue& row) { return optional_value(row.enqueue_burst, number_value); }, false},
        {"max_payload_bytes",
         [](const Queue& row) { return optional_value(row.max_payload_bytes, number_value); },
         false},
        {"max_depth", [](const Queue& row) { return optional_value(row.max_depth, number_value); },
         false},
        {"required_keys", [](const Queue& row) { return keys_value(row.required_keys); }, false},
        {"forbidden_keys", [](const Queue& row) { return keys_value(row.forbidden_keys); }, false},
    };
    return fields;
}

const std::vector<Field<Metrics>>& metrics_fields() {
    using M = Metrics;
    static const std::vector<Field<Metrics>> fields = {
        {"queue", [](const M& row) { return text_value(row.queue); }},
        {"paused", [](const M& row) { return paused_value(row.paused); }},
        {"messages", [](const M& row) { return number_value(row.messages); }},
        {"pending", [](const M& row) { return number_value(row.pending); }},
        {"in_flight", [](const M& row) { return number_value(row.in_flight); }},
        {"delayed", [](const M& row) { return number_value(row.delayed); }},
        {"exhausted", [](const M& row) { return optional_value(row.exhausted, alarming_value); }},
        {"archived", [](const M& row) { return number_value(row.archived); }},
        {"oldest_pending_age_seconds",
         [](const M& row) { return optional_value(row.oldest_pending_age, seconds_value); }},
        {"newest_enqueued_at",
         [](const M& row) { return optional_value(row.newest_enqueued_at, time_value); }, false},
        {"total_enqueued", [](const M& row) { return number_value(row.total_enqueued); }, false},
        {"total_finished", [](const M& row) { return number_value(row.total_finished); }, false},
        {"exact", [](const M& row) { return boolean_value(row.exact); }},
        {"measured_at", [](const M& row) { return time_value(row.measured_at); }, false},
    };
    return fields;
}

const std::vector<Field<QueueGrant>>& grant_fields() {
    using Row = QueueGrant;
    static const std::vector<Field<Row>> fields = {
        {"queue", [](const Row& row) { return text_value(row.queue); }},
        {"role", [](const Row& row) { return text_value(row.role); }},
        {"privilege", [](const Row& row) { return text_value(to_string(row.privilege)); }},
        {"valid",
         [](const Row& row) {
             Value value = boolean_value(row.valid);
             value.standing_out = !row.valid;
             return value;
         }},
        {"granted_by", [](const Row& row) { return text_value(row.granted_by); }},
        {"granted_at", [](const Row& row) { return time_value(row.granted_at); }},
    };
    return fields;
}

const std::vector<Field<Fault>>& fault_fields() {
    static const std::vector<Field<Fault>> fields = {
        {"kind", [](const Fault& row) { return text_value(row.kind); }},
        {"object", [](const Fault& row) { return text_value(row.object); }},
        {"fault", [](const Fault& row) { return text_value(row.fault); }},
    };
    return fields;
}

}  // namespace pgqrs::cli
