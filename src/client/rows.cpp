#include "rows.hpp"

namespace pgqrs {
namespace {

TimePoint time_at(const Result& result, int row, int column) {
    return TimePoint(Duration(result.integer(row, column)));
}

template <typename T, typename Read>
std::optional<T> unless_null(const Result& result, int row, int column, Read read) {
    if (result.is_null(row, column)) {
        return std::nullopt;
    }
    return T(read(result, row, column));
}

std::optional<TimePoint> optional_time(const Result& result, int row, int column) {
    return unless_null<TimePoint>(result, row, column, time_at);
}

std::int64_t integer_at(const Result& result, int row, int column) {
    return result.integer(row, column);
}
std::string text_at(const Result& result, int row, int column) { return result.text(row, column); }

std::optional<std::string> optional_text(const Result& result, int row, int column) {
    return unless_null<std::string>(result, row, column, text_at);
}

void read_message(Message& message, const Result& result, int row) {
    message.id = result.integer(row, 0);
    message.queue = result.text(row, 1);
    message.payload = result.text(row, 2);
    message.headers = optional_text(result, row, 3);
    message.priority = static_cast<int>(result.integer(row, 4));
    message.read_ct = static_cast<int>(result.integer(row, 5));
    message.enqueued_at = time_at(result, row, 6);
    message.available_at = time_at(result, row, 7);
    message.vt = optional_time(result, row, 8);
    message.worker_id = unless_null<std::int64_t>(result, row, 9, integer_at);
    message.lease_left = unless_null<Duration>(result, row, 10, integer_at);
}

Outcome outcome_of(const std::string& text) {
    return text == "done" ? Outcome::done : text == "dead" ? Outcome::dead : Outcome::cancelled;
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
    message.archived_at = time_at(result, row, 11);
    message.processing_duration = unless_null<Duration>(result, row, 12, integer_at);
    message.outcome = outcome_of(result.text(row, 13));
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
    return worker;
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

std::string select(std::string_view columns, std::string_view source) {
    return "SELECT " + std::string(columns) + " FROM " + std::string(source);
}

Parameter interval_or_null(const std::optional<Duration>& duration) {
    if (!duration) {
        return std::nullopt;
    }
    return to_interval(*duration);
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
