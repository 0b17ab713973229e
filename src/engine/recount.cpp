#include "engine/recount.hpp"

#include "core/error.hpp"
#include "core/limits.hpp"
#include "engine/access.hpp"
#include "engine/census.hpp"
#include "engine/clock.hpp"
#include "engine/counts.hpp"
#include "pg/snapshot.hpp"
#include "pg/spi.hpp"
#include "pg/subtransaction.hpp"
#include "pg/transaction.hpp"
#include "engine/queue_cache.hpp"
#include "engine/tables.hpp"

namespace pgqrs::engine {
namespace {

constinit pg::Statement count_departed(R"sql(
    SELECT
        (SELECT count(*) FROM pgqrs.archive WHERE queue_id = $1),
        coalesce(sum(finished), 0)::bigint,
        coalesce(sum(discarded), 0)::bigint
    FROM pgqrs.departures
    WHERE queue_id = $1
)sql");

void add_departed(const Access& access, const pg::HeldSnapshot& snapshot, Census& census) {
    const StatementRights rights(access, {{&kArchive, ACL_SELECT}, {&kDepartures, ACL_SELECT}});
    const pg::Rows departed = count_departed.look_at(snapshot, {pg::int4(access.queue)});
    census.counts.archived = departed.int8(0, 1);
    census.counts.finished = departed.int8(0, 2);
    census.counts.discarded = departed.int8(0, 3);
}

// The subtransaction gives the locks back.
bool begin_alone(QueueMarks& queue, std::string_view name, int lock_patience, Recount& recount,
                 pg::HeldSnapshot& snapshot) {
    pg::Subtransaction attempt;
    bool begun = false;
    try {
        const pg::LockPatience patience(lock_patience);
        const Queue held = hold_queue_alone(name);
        pg::lock_number(queue.key.relation, queue.key.queue, pg::LockMode::exclusive);
        begun = held.id == queue.key.queue && recount.begin(queue);
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

}  // namespace

bool recount(QueueMarks& queue, const Access& access, int lock_patience) {
    Recount recount;
    pg::HeldSnapshot snapshot;
    if (!begin_alone(queue, access.name, lock_patience, recount, snapshot)) {
        return false;
    }
    const std::int32_t queue_id = queue.key.queue;
    // The states that depend on the clock are not asked for: any rule and any time do.
    Census census{.rule = {.max_deliveries = core::kUnlimitedDeliveries}};
    count_queue(hold_table(kMessages, Purpose::look, access), queue_id, snapshot.get(), clock_now(),
                census);
    add_departed(access, snapshot, census);
    snapshot.release();
    recount.finish(census.counts);
    return true;
}

}  // namespace pgqrs::engine
