#include "queue/metrics.hpp"

#include <optional>
#include <vector>

#include "core/limits.hpp"
#include "engine/access.hpp"
#include "engine/census.hpp"
#include "engine/claim.hpp"
#include "engine/clock.hpp"
#include "engine/known_counts.hpp"
#include "engine/queue_cache.hpp"
#include "engine/tables.hpp"
#include "pg/snapshot.hpp"
#include "pg/spi.hpp"
#include "pg/transaction.hpp"

namespace pgqrs::queue {
namespace {

// A queue, and what became of the messages that left it.
#define PGQRS_QUEUE_AND_TOTALS                                                        \
    "SELECT q.id, q.name, q.paused_at IS NOT NULL, q.max_deliveries,"                 \
    " (SELECT count(*) FROM pgqrs.archive AS a WHERE a.queue_id = q.id),"             \
    " coalesce(d.finished, 0), coalesce(d.discarded, 0)"                              \
    " FROM pgqrs.queues AS q"                                                         \
    " CROSS JOIN LATERAL ("                                                           \
    "  SELECT sum(finished)::bigint AS finished, sum(discarded)::bigint AS discarded" \
    "  FROM pgqrs.departures WHERE queue_id = q.id) AS d "

constinit pg::Statement one_queue(PGQRS_QUEUE_AND_TOTALS "WHERE q.id = $1");
constinit pg::Statement every_queue(PGQRS_QUEUE_AND_TOTALS "ORDER BY q.name");

constinit pg::Statement list_queues(R"sql(
    SELECT id, name, paused_at IS NOT NULL, max_deliveries
    FROM pgqrs.queues
    ORDER BY name
)sql");

constinit pg::Statement list_some_queues(R"sql(
    SELECT id, name, paused_at IS NOT NULL, max_deliveries
    FROM pgqrs.queues
    WHERE id = ANY ($1)
    ORDER BY name
)sql");

constexpr std::initializer_list<engine::Need> kRead = {{&engine::kQueues, ACL_SELECT},
                                                       {&engine::kArchive, ACL_SELECT},
                                                       {&engine::kDepartures, ACL_SELECT}};
constexpr std::initializer_list<engine::Need> kReadAll = {{&engine::kQueues, ACL_SELECT},
                                                          {&engine::kMessages, ACL_SELECT},
                                                          {&engine::kArchive, ACL_SELECT},
                                                          {&engine::kDepartures, ACL_SELECT}};

struct Measured {
    std::int32_t id;
    std::string_view name;
    bool paused;
    std::int32_t max_deliveries;
    engine::DeadWorkers dead_workers;

    // Valid as long as this object.
    core::DeliveryRule rule() const {
        return engine::Queue{
            .id = id, .max_deliveries = max_deliveries, .dead_workers = dead_workers}
            .rule();
    }

    engine::Access access() const { return {id, name, core::rights_for("queue_metrics")}; }
};

Measured measured(const pg::Rows& queues, std::uint64_t row) {
    return {.id = queues.int4(row, 1),
            .name = pg::text_of(queues.at(row, 2)),
            .paused = queues.boolean(row, 3),
            .max_deliveries = queues.optional_int4(row, 4).value_or(core::kUnlimitedDeliveries),
            .dead_workers = engine::find_dead_workers(queues.int4(row, 1))};
}

void add_totals(const pg::Rows& queues, std::uint64_t row, core::QueueCounts& counts) {
    counts.archived = queues.int8(row, 5);
    counts.finished = queues.int8(row, 6);
    counts.discarded = queues.int8(row, 7);
}

pg::Value age(core::Instant since, core::Instant now) {
    return since == core::kNever
               ? pg::null_of(INTERVALOID)
               : pg::interval_between(pg::timestamptz(since), pg::timestamptz(now));
}

pg::Value instant_or_null(core::Instant instant) {
    return instant == core::kBeginning ? pg::null_of(TIMESTAMPTZOID) : pg::timestamptz(instant);
}

// What was counted.
MetricsRow row_of(const Measured& queue, const engine::Census& census, core::Instant now) {
    return {pg::text(queue.name),
            pg::boolean(queue.paused),
            pg::int8(census.counts.messages),
            pg::int8(census.pending),
            pg::int8(census.in_flight),
            pg::int8(census.delayed),
            pg::int8(census.exhausted),
            pg::int8(census.counts.archived),
            age(census.oldest_pending, now),
            instant_or_null(census.counts.newest),
            pg::int8(census.counts.total_enqueued()),
            pg::int8(census.counts.total_finished()),
            pg::boolean(true),
            pg::timestamptz(now),
            pg::int8(census.parked)};
}

// What is known without counting.
MetricsRow row_of(const Measured& queue, const core::QueueCounts& counts,
                  core::Instant oldest_pending, core::Instant now) {
    return {pg::text(queue.name),
            pg::boolean(queue.paused),
            pg::int8(counts.messages),
            pg::int8(counts.messages - counts.leased - counts.delayed - counts.parked),
            pg::int8(counts.leased),
            pg::int8(counts.delayed),
            pg::null_of(INT8OID),
            pg::int8(counts.archived),
            age(oldest_pending, now),
            instant_or_null(counts.newest),
            pg::int8(counts.total_enqueued()),
            pg::int8(counts.total_finished()),
            pg::boolean(false),
            pg::timestamptz(now),
            pg::int8(counts.parked)};
}

pg::Rows totals_of(const engine::Access& access, const pg::HeldSnapshot& snapshot) {
    const engine::StatementRights rights(access, kRead);
    return one_queue.look_at(snapshot, {pg::int4(access.queue)});
}

// Counts everything of one queue, at one moment. Nothing when the snapshot does not show the queue.
std::optional<MetricsRow> count(const engine::Access& access, core::Instant now) {
    const std::int32_t queue_id = access.queue;
    const engine::Table messages =
        engine::hold_table(engine::kMessages, engine::Purpose::look, access);
    pg::HeldSnapshot snapshot;
    snapshot.take_current();
    const pg::Rows queues = totals_of(access, snapshot);
    if (queues.empty()) {
        snapshot.release();
        return std::nullopt;
    }
    const Measured queue = measured(queues, 0);
    engine::Census census{.rule = queue.rule()};
    engine::count_queue(messages, queue_id, snapshot.get(), now, census);
    snapshot.release();
    add_totals(queues, 0, census.counts);
    return row_of(queue, census, now);
}

// Looks at the messages of a small queue, whose totals are known.
MetricsRow count_few(const Measured& queue, const core::QueueCounts& known, core::Instant now) {
    const engine::Table messages =
        engine::hold_table(engine::kMessages, engine::Purpose::look, queue.access());
    pg::HeldSnapshot snapshot;
    snapshot.take_current();
    engine::Census census{.rule = queue.rule()};
    engine::count_queue(messages, queue.id, snapshot.get(), now, census);
    snapshot.release();
    census.counts.archived = known.archived;
    census.counts.finished = known.finished;
    census.counts.discarded = known.discarded;
    return row_of(queue, census, now);
}

// Finds the oldest pending message from where it can be, and counts nothing.
MetricsRow look_up(const Measured& queue, const engine::QueueState& state, core::Instant now) {
    const engine::Table messages =
        engine::hold_table(engine::kMessages, engine::Purpose::look, queue.access());
    return row_of(queue, state.counts,
                  engine::oldest_pending(messages, queue.id, queue.rule(), state.marks, now), now);
}

// Sets `patient` to false when counting anew was tried in vain.
std::optional<MetricsRow> measure(const Measured& queue, core::Instant now, bool& patient) {
    const auto state = engine::known_state(
        engine::marks_of(engine::find_table(engine::kMessages), queue.id), queue.access(), patient);
    if (!state) {
        return count(queue.access(), now);
    }
    if (state->counts.messages <= core::kFewMessages) {
        return count_few(queue, state->counts, now);
    }
    return look_up(queue, *state, now);
}

// Counts everything of every queue, at one moment.
void count_all(core::Instant now, pg::RowSink& sink) {
    const engine::Table messages = engine::hold_table(engine::kMessages, engine::Purpose::look);
    pg::HeldSnapshot snapshot;
    snapshot.take_current();
    const pg::Rows queues = every_queue.look_at(snapshot, {});
    std::vector<Measured> all;
    all.reserve(queues.count());
    engine::Censuses censuses;
    for (std::uint64_t row = 0; row < queues.count(); ++row) {
        const Measured& queue = all.emplace_back(measured(queues, row));
        engine::Census census{.rule = queue.rule()};
        add_totals(queues, row, census.counts);
        censuses.emplace(queue.id, census);
    }
    engine::count_queues(messages, snapshot.get(), now, censuses);
    snapshot.release();
    for (const Measured& queue : all) {
        sink.put(row_of(queue, censuses.at(queue.id), now));
    }
}

// The queues on which the caller has a grant, each at its own moment.
void measure_some(const std::vector<std::int32_t>& ids, bool exact, core::Instant now,
                  pg::RowSink& sink) {
    const pg::Value wanted = pg::int4_array(ids);
    std::optional<engine::StatementRights> rights(std::in_place, kRead);
    const pg::Rows queues = list_some_queues.run({wanted});
    rights.reset();
    bool patient = true;
    for (std::uint64_t row = 0; row < queues.count(); ++row) {
        const Measured queue = measured(queues, row);
        const auto metrics = exact || !engine::may_know_counts(queue.access())
                                 ? count(queue.access(), now)
                                 : measure(queue, now, patient);
        if (metrics) {
            sink.put(*metrics);
        }
    }
}

}  // namespace

MetricsRow queue_metrics(std::string_view name, bool exact) {
    const engine::Queue queue = engine::find_queue(name);
    const Measured measured{.id = queue.id,
                            .name = name,
                            .paused = queue.paused,
                            .max_deliveries = queue.max_deliveries,
                            .dead_workers = queue.dead_workers};
    const core::Instant now = engine::clock_now();
    bool patient = true;
    const auto row = exact || !engine::may_know_counts(measured.access())
                         ? count(measured.access(), now)
                         : measure(measured, now, patient);
    if (!row) {
        // Created after the caller's snapshot, or dropped a moment ago.
        pg::raise_serialization_failure();
    }
    return *row;
}

void all_queues_metrics(bool exact, pg::RowSink& sink) {
    pg::with_spi([&] {
        const core::Instant now = engine::clock_now();
        engine::accept_queue_changes();
        if (const auto some =
                engine::queues_in_reach(core::rights_for("all_queues_metrics"), kReadAll)) {
            measure_some(*some, exact, now, sink);
            return;
        }
        if (exact || !engine::may_know_counts({})) {
            count_all(now, sink);
            return;
        }
        const pg::Rows queues = list_queues.run({});
        bool patient = true;
        for (std::uint64_t row = 0; row < queues.count(); ++row) {
            // A queue can have been dropped since they were listed.
            if (const auto metrics = measure(measured(queues, row), now, patient)) {
                sink.put(*metrics);
            }
        }
    });
}

}  // namespace pgqrs::queue
