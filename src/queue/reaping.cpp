#include "queue/reaping.hpp"

#include "engine/clock.hpp"
#include "engine/sessions.hpp"
#include "pg/spi.hpp"
#include "pg/transaction.hpp"
#include "queue/workers.hpp"

namespace pgqrs::queue {
namespace {

#define PGQRS_ALIVE "state IN ('ready', 'polling', 'suspended')"

constinit pg::Statement lock_silent("SELECT id FROM pgqrs.workers WHERE " PGQRS_ALIVE
                                    " AND session IS NULL AND heartbeat_at < $1 - lease"
                                    " ORDER BY id FOR NO KEY UPDATE SKIP LOCKED");

// $1: the sessions that are there.
#define PGQRS_ENDED PGQRS_ALIVE " AND session IS NOT NULL AND session <> ALL ($1)"

constinit pg::Statement lock_ended("SELECT id, session FROM pgqrs.workers WHERE " PGQRS_ENDED
                                   " ORDER BY id FOR NO KEY UPDATE SKIP LOCKED");
constinit pg::Statement count_ended("SELECT count(*) FROM pgqrs.workers WHERE " PGQRS_ENDED);

constinit pg::Statement set_dead(
    "UPDATE pgqrs.workers SET state = 'dead', died_at = $2 WHERE id = $1");

constinit pg::Statement correct_future(
    "UPDATE pgqrs.workers SET heartbeat_at = $1 WHERE id IN ("
    "SELECT id FROM pgqrs.workers WHERE " PGQRS_ALIVE
    " AND heartbeat_at > $1 FOR NO KEY UPDATE SKIP LOCKED)");

// Its row is locked.
std::int64_t make_dead(std::int64_t worker, const pg::Value& now) {
    return try_lock_worker_alone(worker)
               ? static_cast<std::int64_t>(set_dead.run_latest({pg::int8(worker), now}).count())
               : 0;
}

std::int64_t reap_ended(const pg::Value& now) {
    std::int64_t reaped = 0;
    const pg::Rows ended = lock_ended.run_latest({pg::int8_array(engine::sessions_there())});
    for (std::uint64_t row = 0; row < ended.count(); ++row) {
        // A session can have registered its first worker since we looked.
        if (!engine::is_session_there(ended.int8(row, 2))) {
            reaped += make_dead(ended.int8(row, 1), now);
        }
    }
    return reaped;
}

}  // namespace

std::int64_t reap_workers() {
    pg::require_writable("UPDATE");
    return pg::with_spi([] {
        const pg::Value now = pg::timestamptz(engine::clock_now());
        correct_future.run_latest({now});
        const pg::Rows silent = lock_silent.run_latest({now});
        std::int64_t reaped = 0;
        for (std::uint64_t row = 0; row < silent.count(); ++row) {
            reaped += make_dead(silent.int8(row, 1), now);
        }
        return reaped + reap_ended(now);
    });
}

Reaped reap_ended_sessions() {
    return pg::with_spi([] {
        Reaped reaped{.dead = reap_ended(pg::timestamptz(engine::clock_now()))};
        reaped.left = count_ended.run_latest({pg::int8_array(engine::sessions_there())}).int8(0, 1);
        return reaped;
    });
}

}  // namespace pgqrs::queue
