#include "queue/worker_life.hpp"

#include <map>
#include <span>
#include <string>
#include <vector>

#include "core/error.hpp"
#include "core/worker.hpp"
#include "engine/access.hpp"
#include "engine/clock.hpp"
#include "engine/delay.hpp"
#include "engine/journal.hpp"
#include "engine/queue_cache.hpp"
#include "engine/tables.hpp"
#include "pg/spi.hpp"
#include "pg/transaction.hpp"
#include "queue/worker_leases.hpp"
#include "queue/workers.hpp"

namespace pgqrs::queue {
namespace {

using core::WorkerState;

// pgqrs.worker. $3 is the state that it was found in; $4 is null but for a worker that stops.
constinit pg::Statement change_state(R"sql(
    UPDATE pgqrs.workers AS w
    SET state = $2::pgqrs.worker_state, heartbeat_at = coalesce($4, w.heartbeat_at)
    FROM pgqrs.queues AS q
    WHERE w.id = $1
        AND w.state = $3::pgqrs.worker_state
        AND q.id = w.queue_id
    RETURNING w.id, q.name, w.name, w.hostname, w.pid, w.metadata, w.registered_at, w.state,
        w.lease, w.heartbeat_at, w.session IS NOT NULL
)sql",
                                     pg::Planning::indexed);

constinit pg::Statement lock_worker_row(
    "SELECT state = 'dead' FROM pgqrs.workers WHERE id = $1 FOR UPDATE", pg::Planning::indexed);

constinit pg::Statement delete_workers("DELETE FROM pgqrs.workers WHERE id = ANY ($1)",
                                       pg::Planning::indexed);

// $1 null: of all queues.
constinit pg::Statement lock_purgeable(R"sql(
    SELECT q.name, w.id, w.state = 'dead', q.id
    FROM pgqrs.workers AS w
    JOIN pgqrs.queues AS q ON q.id = w.queue_id
    WHERE ($1 IS NULL OR w.queue_id = ANY ($1))
        AND (
            (w.state = 'dead' AND coalesce(w.died_at, w.heartbeat_at) <= $2)
            OR (w.state = 'stopped' AND w.heartbeat_at <= $2))
    ORDER BY w.id
    FOR UPDATE OF w SKIP LOCKED
)sql");

constexpr engine::Need kLookAtQueues{&engine::kQueues, ACL_SELECT};
constexpr engine::Need kChange{&engine::kWorkers, ACL_SELECT | ACL_UPDATE};
constexpr engine::Need kLock{&engine::kWorkers, ACL_SELECT | ACL_UPDATE | ACL_DELETE};

pg::Rows change(std::int64_t id, const engine::Access& queue, WorkerState to) {
    for (;;) {
        const KnownWorker known = find_worker(id, queue);
        core::check_change(id, known.state, to);
        const engine::StatementRights rights(queue, {kChange, kLookAtQueues});
        const pg::Rows changed = change_state.run_latest(
            {pg::int8(id), pg::text(core::label_of(to)), pg::text(core::label_of(known.state)),
             to == WorkerState::stopped ? pg::timestamptz(engine::clock_now())
                                        : pg::null_of(TIMESTAMPTZOID)});
        // Somebody else can have changed it in between.
        if (!changed.empty()) {
            engine::note_worker_changed(
                engine::marks_of(engine::find_table(engine::kMessages), queue.queue));
            return changed;
        }
    }
}

// Workers of a queue that are to be removed.
struct Leaving {
    std::int32_t queue_id = 0;
    std::vector<std::int64_t> stopped;
    std::vector<std::int64_t> dead;
};

std::int64_t remove_workers(const engine::Access& queue, std::span<const std::int64_t> workers) {
    const engine::StatementRights rights(queue, {kLock});
    return static_cast<std::int64_t>(delete_workers.run_latest({pg::int8_array(workers)}).count());
}

// The queues that purge_workers() is about; nothing means all.
std::optional<std::vector<std::int32_t>> queues_to_purge(std::optional<std::string_view> queue,
                                                         core::Rights rights) {
    if (queue) {
        const engine::Access access{engine::find_queue(*queue).id, *queue, rights};
        engine::require_access(access, {kLock, kLookAtQueues});
        return std::vector<std::int32_t>{access.queue};
    }
    engine::accept_queue_changes();
    return engine::queues_in_reach(rights, {kLock, kLookAtQueues});
}

std::map<std::string, Leaving> find_purgeable(
    const std::optional<std::vector<std::int32_t>>& queues, core::Instant before) {
    std::optional<engine::StatementRights> rights;
    if (queues) {
        rights.emplace(std::initializer_list<engine::Need>{kLock, kLookAtQueues});
    }
    const pg::Rows rows = lock_purgeable.run_latest(
        {queues ? pg::int4_array(*queues) : pg::null_of(INT4ARRAYOID), pg::timestamptz(before)});
    std::map<std::string, Leaving> found;
    for (std::uint64_t row = 0; row < rows.count(); ++row) {
        Leaving& leaving = found[std::string(pg::text_of(rows.at(row, 1)))];
        leaving.queue_id = rows.int4(row, 4);
        (rows.boolean(row, 3) ? leaving.dead : leaving.stopped).push_back(rows.int8(row, 2));
    }
    return found;
}

}  // namespace

pg::Rows suspend_worker(std::int64_t id) {
    const QueueOfWorker queue = queue_of(id);
    return change(id, queue.access(core::rights_for("suspend_worker")), WorkerState::suspended);
}

pg::Rows resume_worker(std::int64_t id) {
    const QueueOfWorker queue = queue_of(id);
    return change(id, queue.access(core::rights_for("resume_worker")), WorkerState::ready);
}

pg::Rows stop_worker(std::int64_t id) {
    const QueueOfWorker queue = queue_of(id);
    const engine::Access access = queue.access(core::rights_for("stop_worker"));
    engine::hold_queue(queue.name);
    const pg::Rows stopped = change(id, access, WorkerState::stopped);
    end_leases(access, {&id, 1}, {Walked::bounded, Counted::no});
    return stopped;
}

std::int64_t release_worker_messages(std::int64_t id) {
    pg::require_writable("UPDATE");
    const QueueOfWorker queue = pg::with_spi([&] { return queue_of(id); });
    return end_leases(queue.access(core::rights_for("release_worker_messages")), {&id, 1},
                      {Walked::bounded, Counted::no})
        .done;
}

bool delete_worker(std::int64_t id) {
    return pg::with_spi([&] {
        const auto queue = find_queue_of(id);
        if (!queue && !engine::has_own_rights(kLock)) {
            return false;
        }
        const engine::Access access =
            queue ? queue->access(core::rights_for("delete_worker")) : engine::Access{};
        const auto locked = [&] {
            const engine::StatementRights rights(access, {kLock});
            return lock_worker_row.run_latest({pg::int8(id)});
        }();
        if (locked.empty()) {
            return false;
        }
        if (locked.boolean(0, 1)) {
            end_leases(access, {&id, 1}, {Walked::all, Counted::yes, false});
        }
        return remove_workers(access, {&id, 1}) > 0;
    });
}

std::int64_t purge_workers(std::optional<std::string_view> queue, const core::Span& older_than) {
    const core::Instant before = engine::time_of_age(older_than, "older_than");
    return pg::with_spi([&] {
        constexpr core::Rights kRights = core::rights_for("purge_workers");
        std::int64_t purged = 0;
        for (const auto& [name, leaving] :
             find_purgeable(queues_to_purge(queue, kRights), before)) {
            const engine::Access access{leaving.queue_id, name, kRights};
            purged += remove_workers(access, leaving.stopped);
            // A message that somebody has locked may keep the lease of a dead worker.
            if (!leaving.dead.empty() &&
                end_leases(access, leaving.dead, {Walked::all, Counted::yes}).left == 0) {
                purged += remove_workers(access, leaving.dead);
            }
        }
        return purged;
    });
}

}  // namespace pgqrs::queue
