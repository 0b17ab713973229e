#include "rows.hpp"

#include <array>
#include <charconv>

#include <nlohmann/json.hpp>

#include "row_values.hpp"

namespace pgqrs {
namespace {

// Of a JSON array of texts; none when it is null.
std::vector<std::string> texts_at(const Result& result, int row, int column) {
    return result.is_null(row, column)
               ? std::vector<std::string>()
               : nlohmann::json::parse(result.text(row, column)).get<std::vector<std::string>>();
}

void read_message(Message& message, const Result& result, int row) {
    message.id = result.integer(row, 0);
    message.queue = result.text(row, 1);
    message.payload = result.text(row, 2);
    message.headers = optional_text(result, row, 3);
    message.priority = static_cast<int>(result.integer(row, 4));
    message.read_ct = static_cast<int>(result.integer(row, 5));
    message.attempt = static_cast<int>(result.integer(row, 6));
    message.enqueued_at = time_at(result, row, 7);
    message.available_at = time_at(result, row, 8);
    message.vt = optional_time(result, row, 9);
    message.worker_id = unless_null<std::int64_t>(result, row, 10, integer_at);
    message.lease_left = unless_null<Duration>(result, row, 11, integer_at);
}

}  // namespace

Message message_of(const Result& result, int row) {
    Message message;
    read_message(message, result, row);
    return message;
}

ArchivedMessage archived_of(const Result& result, int row) {
    ArchivedMessage message;
    read_message(message, result, row);
    message.archived_at = time_at(result, row, 12);
    message.processing_duration = unless_null<Duration>(result, row, 13, integer_at);
    message.outcome = label_of<Outcome>(result, row, 14);
    return message;
}

Queue queue_of(const Result& result, int row) {
    Queue queue;
    queue.id = result.integer(row, 0);
    queue.name = result.text(row, 1);
    queue.visibility_timeout = Duration(result.integer(row, 2));
    queue.max_deliveries = unless_null<int>(result, row, 3, integer_at);
    queue.description = optional_text(result, row, 4);
    queue.notify = result.boolean(row, 5);
    queue.paused_at = optional_time(result, row, 6);
    queue.created_at = time_at(result, row, 7);
    queue.max_attempts = static_cast<int>(result.integer(row, 8));
    queue.backoff = label_of<Backoff>(result, row, 9);
    queue.backoff_base = Duration(result.integer(row, 10));
    queue.backoff_cap = Duration(result.integer(row, 11));
    queue.backoff_jitter = real_at(result, row, 12);
    queue.dead_letter_queue = optional_text(result, row, 13);
    queue.expires_after = unless_null<Duration>(result, row, 14, integer_at);
    queue.max_messages = unless_null<std::int64_t>(result, row, 15, integer_at);
    queue.enqueue_rate = unless_null<double>(result, row, 16, real_at);
    queue.enqueue_burst = unless_null<int>(result, row, 17, integer_at);
    queue.max_payload_bytes = unless_null<int>(result, row, 18, integer_at);
    queue.max_depth = unless_null<int>(result, row, 19, integer_at);
    queue.required_keys = texts_at(result, row, 20);
    queue.forbidden_keys = texts_at(result, row, 21);
    return queue;
}

Worker worker_of(const Result& result, int row) {
    Worker worker;
    worker.id = result.integer(row, 0);
    worker.queue = result.text(row, 1);
    worker.name = result.text(row, 2);
    worker.hostname = optional_text(result, row, 3);
    worker.pid = unless_null<int>(result, row, 4, integer_at);
    worker.metadata = optional_text(result, row, 5);
    worker.registered_at = time_at(result, row, 6);
    worker.state = label_of<WorkerState>(result, row, 7);
    worker.lease = Duration(result.integer(row, 8));
    worker.heartbeat_at = time_at(result, row, 9);
    return worker;
}

WorkerHealth worker_health_of(const Result& result, int row) {
    WorkerHealth health;
    health.queue = result.text(row, 0);
    health.ready = result.integer(row, 1);
    health.polling = result.integer(row, 2);
    health.suspended = result.integer(row, 3);
    health.stopped = result.integer(row, 4);
    health.dead = result.integer(row, 5);
    health.oldest_heartbeat_age = unless_null<Duration>(result, row, 6, integer_at);
    return health;
}

WorkerMetrics worker_metrics_of(const Result& result, int row) {
    WorkerMetrics metrics;
    metrics.worker = result.integer(row, 0);
    metrics.name = result.text(row, 1);
    metrics.state = label_of<WorkerState>(result, row, 2);
    metrics.heartbeat_age = Duration(result.integer(row, 3));
    metrics.in_flight = result.integer(row, 4);
    metrics.oldest_delivery_age = unless_null<Duration>(result, row, 5, integer_at);
    metrics.oldest_lease_end = optional_time(result, row, 6);
    return metrics;
}

QueueGrant queue_grant_of(const Result& result, int row) {
    QueueGrant grant;
    grant.queue = result.text(row, 0);
    grant.role = result.text(row, 1);
    grant.privilege = label_of<Privilege>(result, row, 2);
    grant.valid = result.boolean(row, 3);
    grant.granted_by = result.text(row, 4);
    grant.granted_at = time_at(result, row, 5);
    return grant;
}

Metrics metrics_of(const Result& result, int row) {
    Metrics metrics;
    metrics.queue = result.text(row, 0);
    metrics.paused = result.boolean(row, 1);
    metrics.messages = result.integer(row, 2);
    metrics.pending = result.integer(row, 3);
    metrics.in_flight = result.integer(row, 4);
    metrics.delayed = result.integer(row, 5);
    metrics.exhausted = unless_null<std::int64_t>(result, row, 6, integer_at);
    metrics.archived = result.integer(row, 7);
    metrics.oldest_pending_age = unless_null<Duration>(result, row, 8, integer_at);
    metrics.newest_enqueued_at = optional_time(result, row, 9);
    metrics.total_enqueued = result.integer(row, 10);
    metrics.total_finished = result.integer(row, 11);
    metrics.exact = result.boolean(row, 12);
    metrics.measured_at = time_at(result, row, 13);
    return metrics;
}

Failed failed_of(const Result& result, int row) {
    Failed failed;
    failed.id = result.integer(row, 0);
    failed.result = label_of<FailureResult>(result, row, 1);
    failed.attempt = unless_null<int>(result, row, 2, integer_at);
    failed.available_at = optional_time(result, row, 3);
    failed.retry_in = unless_null<Duration>(result, row, 4, integer_at);
    return failed;
}

Failure failure_of(const Result& result, int row) {
    Failure failure;
    failure.id = result.integer(row, 0);
    failure.queue = optional_text(result, row, 1);
    failure.failed_at = time_at(result, row, 2);
    failure.read_ct = static_cast<int>(result.integer(row, 3));
    failure.attempt = static_cast<int>(result.integer(row, 4));
    failure.died = result.boolean(row, 5);
    failure.worker_id = unless_null<std::int64_t>(result, row, 6, integer_at);
    failure.worker = optional_text(result, row, 7);
    failure.error = result.text(row, 8);
    return failure;
}

DeadLetter dead_letter_of(const Result& result, int row) {
    DeadLetter letter;
    letter.id = result.integer(row, 0);
    letter.queue = optional_text(result, row, 1);
    letter.origin = optional_text(result, row, 2);
    letter.payload = result.text(row, 3);
    letter.headers = optional_text(result, row, 4);
    letter.priority = static_cast<int>(result.integer(row, 5));
    letter.read_ct = static_cast<int>(result.integer(row, 6));
    letter.attempt = static_cast<int>(result.integer(row, 7));
    letter.enqueued_at = time_at(result, row, 8);
    letter.died_at = time_at(result, row, 9);
    letter.error = optional_text(result, row, 10);
    return letter;
}

Cancelled cancelled_of(const Result& result, int row) {
    return {result.integer(row, 0), label_of<CancelResult>(result, row, 1)};
}

RetentionRule retention_of(const Result& result, int row) {
    RetentionRule rule;
    rule.queue = result.text(row, 0);
    rule.outcome = label_of<Outcome>(result, row, 1);
    rule.max_age = unless_null<Duration>(result, row, 2, integer_at);
    rule.max_count = unless_null<std::int64_t>(result, row, 3, integer_at);
    return rule;
}

std::string select(std::string_view columns, std::string_view source) {
    return "SELECT " + std::string(columns) + " FROM " + std::string(source);
}

Parameter interval_or_null(const std::optional<Duration>& duration) {
    if (!duration) {
        return std::nullopt;
    }
    return to_interval(*duration);
}

Parameter boolean_or_null(std::optional<bool> value) {
    if (!value) {
        return std::nullopt;
    }
    return *value ? "true" : "false";
}

// As the server reads it, in whatever locale this program is.
Parameter real_or_null(std::optional<double> number) {
    if (!number) {
        return std::nullopt;
    }
    std::array<char, 32> text{};
    const auto end = std::to_chars(text.data(), text.data() + text.size(), *number).ptr;
    return std::string(text.data(), end);
}

Parameter since_epoch(const std::optional<TimePoint>& time) {
    return time ? Parameter(to_interval(time->time_since_epoch())) : Parameter();
}

std::string array_of(const std::vector<std::int64_t>& numbers) {
    std::string text = "{";
    for (const auto number : numbers) {
        text += (text.size() == 1 ? "" : ",") + std::to_string(number);
    }
    return text + "}";
}

std::string array_of(const std::vector<Parameter>& texts) {
    std::string array = "{";
    for (const auto& text : texts) {
        if (array.size() > 1) {
            array += ',';
        }
        if (!text) {
            array += "NULL";
            continue;
        }
        array += '"';
        for (const char c : *text) {
            if (c == '"' || c == '\\') {
                array += '\\';
            }
            array += c;
        }
        array += '"';
    }
    return array + "}";
}

}  // namespace pgqrs
