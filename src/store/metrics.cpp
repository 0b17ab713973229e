// See metrics.hpp.
#include "pgqrs/store/metrics.hpp"

#include "pgqrs/pg/clock.hpp"
#include "pgqrs/pg/transaction.hpp"
#include "pgqrs/store/queue_registry.hpp"

namespace pgqrs::store {
namespace {

// $1 now, $2 queue id or null for all. A message is in one state: in flight while its lease lasts,
// otherwise exhausted, delayed or pending, whichever is true first.
constinit pg::Statement measure(R"sql(
    SELECT
        q.name,
        q.paused_at IS NOT NULL,
        m.pending,
        m.in_flight,
        m.delayed,
        m.exhausted,
        a.archived,
        $1 - m.oldest_pending,
        m.newest_enqueued_at,
        (m.present + a.archived + d.finished + d.discarded)::bigint,
        (a.archived + d.finished)::bigint,
        $1
    FROM pgqrs.queues AS q
    CROSS JOIN LATERAL (
        SELECT
            count(*) AS present,
            count(*) FILTER (WHERE state = 'pending') AS pending,
            count(*) FILTER (WHERE state = 'in flight') AS in_flight,
            count(*) FILTER (WHERE state = 'delayed') AS delayed,
            count(*) FILTER (WHERE state = 'exhausted') AS exhausted,
            min(available_at) FILTER (WHERE state = 'pending') AS oldest_pending,
            max(enqueued_at)::pg_catalog.timestamptz AS newest_enqueued_at
        FROM (
            SELECT
                available_at::pg_catalog.timestamptz,
                enqueued_at,
                CASE
                    WHEN vt > $1 THEN 'in flight'
                    WHEN read_ct >= q.max_deliveries THEN 'exhausted'
                    WHEN available_at > $1 THEN 'delayed'
                    ELSE 'pending'
                END AS state
            FROM pgqrs.messages
            WHERE queue_id = q.id
        ) AS s
    ) AS m
    CROSS JOIN LATERAL (
        SELECT count(*) AS archived
        FROM pgqrs.archive
        WHERE queue_id = q.id
    ) AS a
    CROSS JOIN LATERAL (
        SELECT
            coalesce(sum(finished), 0) AS finished,
            coalesce(sum(discarded), 0) AS discarded
        FROM pgqrs.departures
        WHERE queue_id = q.id
    ) AS d
    WHERE $2 IS NULL OR q.id = $2
    ORDER BY q.name
)sql");

}  // namespace

pg::Rows queue_metrics(std::string_view queue) {
    const pg::Rows rows =
        measure.run({pg::timestamptz(pg::clock_now()), pg::int4(find_queue(queue).id)});
    if (rows.empty()) {
        // Created after the caller's snapshot, or dropped a moment ago.
        pg::raise_serialization_failure();
    }
    return rows;
}

void all_queues_metrics(pg::RowSink& sink) {
    pg::with_spi([&] {
        measure.run_into(sink, {pg::timestamptz(pg::clock_now()), pg::null_of(INT4OID)});
    });
}

}  // namespace pgqrs::store
