// From rows to the structures of message.hpp: the columns to select, in the order the readers expect.
#pragma once

#include <string>
#include <vector>

#include "pgqrs/client/connection.hpp"
#include "pgqrs/client/message.hpp"

namespace pgqrs {

// Times come as microseconds since 1970, so no setting of the session matters.
#define PGQRS_MICROSECONDS(expression) "(extract(epoch FROM " expression ") * 1000000)::bigint"

// The columns of pgqrs.message.
inline constexpr std::string_view kMessageColumns =
    "id, queue, payload, headers, priority, read_ct, " PGQRS_MICROSECONDS("enqueued_at") ", " PGQRS_MICROSECONDS(
        "available_at") ", " PGQRS_MICROSECONDS("vt") ", worker_id, " PGQRS_MICROSECONDS("vt - clock_timestamp()");
// Those of pgqrs.archived_message.
inline constexpr std::string_view kArchivedColumns =
    "id, queue, payload, headers, priority, read_ct, " PGQRS_MICROSECONDS("enqueued_at") ", " PGQRS_MICROSECONDS(
        "available_at") ", " PGQRS_MICROSECONDS("vt") ", worker_id, NULL::bigint, " PGQRS_MICROSECONDS(
        "archived_at") ", " PGQRS_MICROSECONDS("processing_duration") ", outcome";
inline constexpr std::string_view kQueueColumns =
    "id, name, " PGQRS_MICROSECONDS("visibility_timeout") ", max_deliveries, description, notify, " PGQRS_MICROSECONDS(
        "paused_at") ", " PGQRS_MICROSECONDS("created_at");
inline constexpr std::string_view kWorkerColumns =
    "id, queue, name, hostname, pid, metadata, " PGQRS_MICROSECONDS("registered_at");
inline constexpr std::
    string_view
        kMetricsColumns =
            "queue, paused, messages, pending, in_flight, delayed, exhausted, "
            "archived, " PGQRS_MICROSECONDS("oldest_pending_age") ", " PGQRS_MICROSECONDS(
                "newest_enqueued_at") ", total_enqueued, total_finished, "
                                      "exact, " PGQRS_MICROSECONDS("measured_at");

#undef PGQRS_MICROSECONDS

Message message_of(const Result& result, int row);
ArchivedMessage archived_of(const Result& result, int row);
Queue queue_of(const Result& result, int row);
Worker worker_of(const Result& result, int row);
Metrics metrics_of(const Result& result, int row);

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

// Parameters and array literals.
Parameter interval_or_null(const std::optional<Duration>& duration);
template <typename Number>
Parameter number_or_null(const std::optional<Number>& number) {
    return number ? Parameter(std::to_string(*number)) : Parameter();
}
std::string array_of(const std::vector<std::int64_t>& numbers);
std::string array_of(const std::vector<Parameter>& texts);

}  // namespace pgqrs
