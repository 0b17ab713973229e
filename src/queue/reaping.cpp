#include "queue/reaping.hpp"

#include "engine/clock.hpp"
#include "pg/spi.hpp"
#include "pg/transaction.hpp"
#include "queue/workers.hpp"

namespace pgqrs::queue {
namespace {

#define PGQRS_ALIVE "state IN ('ready', 'polling', 'suspended')"

constinit pg::Statement lock_silent("SELECT id FROM pgqrs.workers WHERE " PGQRS_ALIVE
                                    " AND heartbeat_at < $1 - lease"
                                    " ORDER BY id FOR NO KEY UPDATE SKIP LOCKED");

constinit pg::Statement set_dead(
    "UPDATE pgqrs.workers SET state = 'dead', died_at = $2 WHERE id = $1");

constinit pg::Statement correct_future(
    "UPDATE pgqrs.workers SET heartbeat_at = $1 WHERE id IN ("
    "SELECT id FROM pgqrs.workers WHERE " PGQRS_ALIVE
    " AND heartbeat_at > $1 FOR NO KEY UPDATE SKIP LOCKED)");

}  // namespace

std::int64_t reap_workers() {
    pg::require_writable("UPDATE");
    return pg::with_spi([] {
        const pg::Value now = pg::timestamptz(engine::clock_now());
        correct_future.run_latest({now});
        const pg::Rows silent = lock_silent.run_latest({now});
        std::int64_t reaped = 0;
        for (std::uint64_t row = 0; row < silent.count(); ++row) {
            const std::int64_t worker = silent.int8(row, 1);
            if (try_lock_worker_alone(worker)) {
                reaped +=
                    static_cast<std::int64_t>(set_dead.run_latest({pg::int8(worker), now}).count());
            }
        }
        return reaped;
    });
}

}  // namespace pgqrs::queue
