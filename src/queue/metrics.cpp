// See metrics.hpp.
#include "queue/metrics.hpp"

#include <algorithm>
#include <optional>
#include <string>

#include "core/limits.hpp"
#include "pg/catalog.hpp"
#include "engine/clock.hpp"
#include "pg/transaction.hpp"
#include "engine/known_counts.hpp"
#include "engine/queue_cache.hpp"

namespace pgqrs::queue {
namespace {

// Counts in the tables. $1 now; $2 archived, $3 finished, $4 discarded, $5 messages for the total: null
// where that shall be counted, too. A message is in one state: in flight while its lease lasts,
// otherwise exhausted, delayed or pending, whichever is true first.
constexpr const char* kCount = R"sql(
    SELECT
        q.name,
        q.paused_at IS NOT NULL,
        m.present,
        m.pending,
        m.in_flight,
        m.delayed,
        m.exhausted,
        a.archived,
        $1 - m.oldest_pending,
        m.newest_enqueued_at,
        (coalesce($5, m.present) + a.archived + d.finished + d.discarded)::bigint,
        (a.archived + d.finished)::bigint,
        true,
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
        SELECT CASE
            WHEN $2 IS NULL THEN (SELECT count(*) FROM pgqrs.archive WHERE queue_id = q.id)
            ELSE $2
        END AS archived
    ) AS a
    CROSS JOIN LATERAL (
        SELECT
            coalesce($3, sum(finished), 0) AS finished,
            coalesce($4, sum(discarded), 0) AS discarded
        FROM pgqrs.departures
        WHERE queue_id = q.id AND $3 IS NULL
    ) AS d
)sql";

// Finds the queue's oldest pending message from where it can be, and counts nothing. $1 now, $2 queue
// id, $3 name, $4 paused, $5 messages, $6 leased, $7 delayed, $8 archived, $9 total enqueued, $10 total
// finished, $11 newest, $12 max deliveries, $13 for each priority: nothing is pending that was
// available before.
constinit pg::Statement look_up(R"sql(
    SELECT
        $3,
        $4,
        $5,
        $5 - $6 - $7,
        $6,
        $7,
        NULL::bigint,
        $8,
        $1 - (
            SELECT min(first.available_at)
            FROM pg_catalog.unnest($13) WITH ORDINALITY AS probe (start, place)
            CROSS JOIN LATERAL (
                SELECT m.available_at::pg_catalog.timestamptz
                FROM pgqrs.messages AS m
                WHERE m.queue_id = $2
                    AND m.priority = (probe.place - 1)::smallint
                    AND m.available_at >= probe.start
                    AND m.available_at <= $1
                    AND (m.vt IS NULL OR m.vt <= $1)
                    AND m.read_ct < $12
                ORDER BY m.available_at, m.id
                LIMIT 1
            ) AS first
        ),
        $11,
        $9,
        $10,
        false,
        $1
)sql",
                                pg::Planning::index_order);

struct Statements {
    std::string of_one = std::string(kCount) + "WHERE q.id = $6";
    std::string of_all = std::string(kCount) + "ORDER BY q.name";
    pg::Statement count_one{of_one.c_str()};
    pg::Statement count_few{of_one.c_str(), pg::Planning::indexed};
    pg::Statement count_all{of_all.c_str()};
};

// Made at the first use and kept for ever.
Statements& statements() {
    static constinit Statements* all = nullptr;
    if (all == nullptr) {
        all = new Statements;
    }
    return *all;
}

constinit pg::Statement list_queues(R"sql(
    SELECT id, name, paused_at IS NOT NULL, max_deliveries
    FROM pgqrs.queues
    ORDER BY name
)sql");

struct Measured {
    engine::Queue queue;
    std::string_view name;
    engine::Timestamp now;
};

using State = std::optional<engine::QueueState>;
using Values = std::initializer_list<pg::Value>;

// All of the following call run(statement, values).

template <class Run>
auto count(pg::Statement& statement, const Measured& of, const State& known, Run run) {
    const auto if_known = [&](std::int64_t core::QueueCounts::*count) {
        return known ? pg::int8(known->counts.*count) : pg::null_of(INT8OID);
    };
    return run(statement,
               {pg::timestamptz(of.now), if_known(&core::QueueCounts::archived),
                if_known(&core::QueueCounts::finished), if_known(&core::QueueCounts::discarded),
                if_known(&core::QueueCounts::messages), pg::int4(of.queue.id)});
}

// By priority: where the first message that can be delivered can be.
pg::Value starts(const core::Marks& marks, engine::Timestamp now) {
    Datum values[core::kPriorities];
    for (int priority = 0; priority < core::kPriorities; ++priority) {
        core::Instant start = marks.ready[priority].available_at;
        if (marks.lease_end[priority] <= now) {
            start = std::min(start, marks.leased[priority].available_at);
        }
        values[priority] = TimestampTzGetDatum(start);
    }
    return pg::array_of(TIMESTAMPTZOID, values, nullptr, core::kPriorities);
}

template <class Run>
auto answer(const Measured& of, const engine::QueueState& state, Run run) {
    const core::QueueCounts& counts = state.counts;
    return run(look_up, {pg::timestamptz(of.now), pg::int4(of.queue.id), pg::text(of.name),
                         pg::boolean(of.queue.paused), pg::int8(counts.messages),
                         pg::int8(counts.leased), pg::int8(counts.delayed),
                         pg::int8(counts.archived), pg::int8(counts.total_enqueued()),
                         pg::int8(counts.total_finished()), pg::timestamptz(counts.newest),
                         pg::int4(of.queue.max_deliveries), starts(state.marks, of.now)});
}

// Where nothing is known, everything is counted.
template <class Run>
auto measure(const Measured& of, const State& known, Run run) {
    if (!known) {
        return count(statements().count_one, of, known, run);
    }
    if (known->counts.messages <= core::kFewMessages) {
        return count(statements().count_few, of, known, run);
    }
    return answer(of, *known, run);
}

// In one statement, so all at the same moment.
void count_all(pg::RowSink& sink) {
    const pg::Value count_it = pg::null_of(INT8OID);
    statements().count_all.run_into(
        sink, {pg::timestamptz(engine::clock_now()), count_it, count_it, count_it, count_it});
}

Measured at(const pg::Rows& queues, std::uint64_t row, engine::Timestamp now) {
    return {.queue = {.id = queues.int4(row, 1),
                      .max_deliveries =
                          queues.optional_int4(row, 4).value_or(core::kUnlimitedDeliveries),
                      .paused = queues.boolean(row, 3)},
            .name = pg::text_of(queues.at(row, 2)),
            .now = now};
}

}  // namespace

pg::Rows queue_metrics(std::string_view name, bool exact) {
    const Measured of{engine::find_queue(name), name, engine::clock_now()};
    bool patient = true;
    const State known =
        exact || !engine::may_know_counts()
            ? std::nullopt
            : engine::state_of(pg::relation_oid("messages"), of.queue.id, name, patient);
    const pg::Rows rows =
        measure(of, known, [](pg::Statement& to, Values values) { return to.run(values); });
    if (rows.empty()) {
        // Created after the caller's snapshot, or dropped a moment ago.
        pg::raise_serialization_failure();
    }
    return rows;
}

void all_queues_metrics(bool exact, pg::RowSink& sink) {
    pg::with_spi([&] {
        if (exact || !engine::may_know_counts()) {
            count_all(sink);
            return;
        }
        const Oid messages = pg::relation_oid("messages");
        const engine::Timestamp now = engine::clock_now();
        const pg::Rows queues = list_queues.run({});
        bool patient = true;
        for (std::uint64_t row = 0; row < queues.count(); ++row) {
            const Measured of = at(queues, row, now);
            measure(of, engine::state_of(messages, of.queue.id, of.name, patient),
                    [&](pg::Statement& to, Values values) { return to.run_into(sink, values); });
        }
    });
}

}  // namespace pgqrs::queue
