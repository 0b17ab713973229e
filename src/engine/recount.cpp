// See recount.hpp.
#include "engine/recount.hpp"

#include "core/error.hpp"
#include "engine/counts.hpp"
#include "pg/snapshot.hpp"
#include "pg/spi.hpp"
#include "pg/subtransaction.hpp"
#include "pg/transaction.hpp"
#include "engine/queue_cache.hpp"
#include "engine/journal.hpp"

namespace pgqrs::engine {
namespace {

// Everybody who comes to the queue meanwhile waits behind us.
constexpr int kLockPatience = 50;  // ms

// As core::QueueCounts says.
constinit pg::Statement count_queue(R"sql(
    SELECT m.messages, m.leased, m.delayed, a.archived, d.finished, d.discarded, m.newest
    FROM (
        SELECT
            count(*) AS messages,
            count(vt) AS leased,
            count(*) FILTER (
                WHERE vt IS NULL AND available_at > coalesce(delivered_at, enqueued_at)) AS delayed,
            coalesce(max(enqueued_at), '-infinity')::pg_catalog.timestamptz AS newest
        FROM pgqrs.messages
        WHERE queue_id = $1
    ) AS m
    CROSS JOIN (
        SELECT count(*) AS archived
        FROM pgqrs.archive
        WHERE queue_id = $1
    ) AS a
    CROSS JOIN (
        SELECT
            coalesce(sum(finished), 0)::bigint AS finished,
            coalesce(sum(discarded), 0)::bigint AS discarded
        FROM pgqrs.departures
        WHERE queue_id = $1
    ) AS d
)sql");

// The subtransaction gives the locks back.
bool begin_alone(Oid messages, std::int32_t queue_id, std::string_view name, Recount& recount,
                 pg::HeldSnapshot& snapshot) {
    pg::Subtransaction attempt;
    bool begun = false;
    try {
        const pg::LockPatience patience(kLockPatience);
        const Queue queue = hold_queue_alone(name);
        pg::lock_number(messages, queue_id, pg::LockMode::exclusive);
        begun = queue.id == queue_id && recount.begin(marks_of(messages, queue_id));
        if (begun) {
            snapshot.take();
        }
    } catch (const pg::Error& error) {
        if (!pg::is_lock_failure(error)) {
            throw attempt.undo_after(error);
        }
    } catch (const core::Error& error) {
        if (error.state() != core::SqlState::queue_not_found) {
            attempt.undo();
            throw;
        }
    } catch (...) {
        attempt.undo();
        throw;
    }
    attempt.undo();
    return begun;
}

core::QueueCounts counts_of(const pg::Rows& rows) {
    return {.messages = rows.int8(0, 1),
            .leased = rows.int8(0, 2),
            .delayed = rows.int8(0, 3),
            .archived = rows.int8(0, 4),
            .finished = rows.int8(0, 5),
            .discarded = rows.int8(0, 6),
            .newest = pg::timestamp_of(rows.at(0, 7))};
}

}  // namespace

bool recount(Oid messages, std::int32_t queue_id, std::string_view name) {
    Recount recount;
    pg::HeldSnapshot snapshot;
    if (!begin_alone(messages, queue_id, name, recount, snapshot)) {
        return false;
    }
    const core::QueueCounts counted =
        counts_of(count_queue.look_at(snapshot, {pg::int4(queue_id)}));
    snapshot.release();
    recount.finish(counted);
    return true;
}

}  // namespace pgqrs::engine
