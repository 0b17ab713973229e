// From rows to the structures of message.hpp: the columns to select, in the order the readers expect.
#pragma once

#include <algorithm>
#include <string>
#include <vector>

#include "pgqrs/client/admin.hpp"
#include "pgqrs/client/failure.hpp"
#include "pgqrs/client/message.hpp"

namespace pgqrs {

// Times come as microseconds since 1970, so no setting of the session matters.
#define PGQRS_MICROSECONDS(expression) "(extract(epoch FROM " expression ") * 1000000)::bigint"

// The columns of pgqrs.message.
inline constexpr std::string_view kMessageColumns =
    "id, queue, payload, headers, priority, read_ct, attempt, " PGQRS_MICROSECONDS("enqueued_at") ", " PGQRS_MICROSECONDS(
        "available_at") ", " PGQRS_MICROSECONDS("vt") ", worker_id, " PGQRS_MICROSECONDS("vt - clock_timestamp()");
// Those of pgqrs.archived_message.
inline constexpr std::string_view kArchivedColumns =
    "id, queue, payload, headers, priority, read_ct, attempt, " PGQRS_MICROSECONDS("enqueued_at") ", " PGQRS_MICROSECONDS(
        "available_at") ", " PGQRS_MICROSECONDS("vt") ", worker_id, NULL::bigint, " PGQRS_MICROSECONDS(
        "archived_at") ", " PGQRS_MICROSECONDS("processing_duration") ", outcome";
inline constexpr std::string_view kQueueColumns =
    "id, name, " PGQRS_MICROSECONDS("visibility_timeout") ", max_deliveries, description, notify, " PGQRS_MICROSECONDS(
        "paused_at") ", " PGQRS_MICROSECONDS("created_at") ", max_attempts, backoff, "
    PGQRS_MICROSECONDS("backoff_base") ", " PGQRS_MICROSECONDS("backoff_cap")
    ", backoff_jitter, dead_letter_queue, " PGQRS_MICROSECONDS("expires_after")
    ", max_messages, enqueue_rate, enqueue_burst, max_payload_bytes, max_depth, "
    "array_to_json(required_keys), array_to_json(forbidden_keys)";
inline constexpr std::string_view kWorkerColumns =
    "id, queue, name, hostname, pid, metadata, " PGQRS_MICROSECONDS(
        "registered_at") ", state, " PGQRS_MICROSECONDS("lease") ", " PGQRS_MICROSECONDS("heartbeat_at");
inline constexpr std::string_view kWorkerHealthColumns =
    "queue, ready, polling, suspended, stopped, dead, " PGQRS_MICROSECONDS("oldest_heartbeat_age");
inline constexpr std::string_view kWorkerMetricsColumns =
    "worker, name, state, " PGQRS_MICROSECONDS("heartbeat_age") ", in_flight, " PGQRS_MICROSECONDS(
        "oldest_delivery_age") ", " PGQRS_MICROSECONDS("oldest_lease_end");
inline constexpr std::string_view kQueueGrantColumns =
    "queue, role, privilege, valid, granted_by, " PGQRS_MICROSECONDS("granted_at");
inline constexpr std::
    string_view
        kMetricsColumns =
            "queue, paused, messages, pending, in_flight, delayed, exhausted, "
            "archived, " PGQRS_MICROSECONDS("oldest_pending_age") ", " PGQRS_MICROSECONDS(
                "newest_enqueued_at") ", total_enqueued, total_finished, "
                                      "exact, " PGQRS_MICROSECONDS("measured_at");

inline constexpr std::string_view kFailedColumns = "id, result, attempt, " PGQRS_MICROSECONDS(
    "available_at") ", " PGQRS_MICROSECONDS("available_at - clock_timestamp()");
inline constexpr std::string_view kFailureColumns = "id, queue, " PGQRS_MICROSECONDS(
    "failed_at") ", read_ct, attempt, died, worker_id, worker, error";
inline constexpr std::string_view kDeadLetterColumns =
    "id, queue, origin, payload, headers, priority, read_ct, attempt, " PGQRS_MICROSECONDS(
        "enqueued_at") ", " PGQRS_MICROSECONDS("died_at") ", error";
inline constexpr std::string_view kRetentionColumns =
    "queue, outcome, " PGQRS_MICROSECONDS("max_age") ", max_count";

#undef PGQRS_MICROSECONDS

Message message_of(const Result& result, int row);
ArchivedMessage archived_of(const Result& result, int row);
Queue queue_of(const Result& result, int row);
Worker worker_of(const Result& result, int row);
WorkerHealth worker_health_of(const Result& result, int row);
WorkerMetrics worker_metrics_of(const Result& result, int row);
QueueGrant queue_grant_of(const Result& result, int row);
Metrics metrics_of(const Result& result, int row);
Failed failed_of(const Result& result, int row);
Failure failure_of(const Result& result, int row);
DeadLetter dead_letter_of(const Result& result, int row);
Cancelled cancelled_of(const Result& result, int row);
RetentionRule retention_of(const Result& result, int row);

// "SELECT <columns> FROM <source>"
std::string select(std::string_view columns, std::string_view source);

template <typename Row>
std::vector<Row> all_rows(const Result& result, Row (*row_of)(const Result&, int)) {
    std::vector<Row> rows;
    rows.reserve(static_cast<std::size_t>(result.rows()));
    for (int row = 0; row < result.rows(); ++row) {
        rows.push_back(row_of(result, row));
    }
    return rows;
}

template <typename Row>
std::optional<Row> first_row(const Result& result, Row (*row_of)(const Result&, int)) {
    if (result.rows() == 0) {
        return std::nullopt;
    }
    return row_of(result, 0);
}

// Those of all results, in their order.
template <typename Row>
std::vector<Row> all_rows(const std::vector<Result>& results, Row (*row_of)(const Result&, int)) {
    std::vector<Row> rows;
    for (const auto& result : results) {
        for (int row = 0; row < result.rows(); ++row) {
            rows.push_back(row_of(result, row));
        }
    }
    return rows;
}

// A part of many: up to `size` of them, from `start` on.
template <typename T>
std::vector<T> part_of(const std::vector<T>& all, std::size_t start, std::size_t size) {
    const auto from = all.begin() + static_cast<std::ptrdiff_t>(start);
    return {from, from + static_cast<std::ptrdiff_t>(std::min(size, all.size() - start))};
}

// Parameters and array literals.
Parameter interval_or_null(const std::optional<Duration>& duration);
template <typename Number>
Parameter number_or_null(const std::optional<Number>& number) {
    return number ? Parameter(std::to_string(*number)) : Parameter();
}
std::string array_of(const std::vector<std::int64_t>& numbers);
std::string array_of(const std::vector<Parameter>& texts);
Parameter boolean_or_null(std::optional<bool> value);
Parameter real_or_null(std::optional<double> number);
// To be added to timestamptz 'epoch'.
Parameter since_epoch(const std::optional<TimePoint>& time);

}  // namespace pgqrs
