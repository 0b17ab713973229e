#include "queue/worker_life.hpp"

#include <algorithm>
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
#include "engine/tables.hpp"
#include "pg/spi.hpp"
#include "pg/transaction.hpp"
#include "queue/held.hpp"
#include "queue/workers.hpp"

namespace pgqrs::queue {
namespace {

using Column = engine::MessageColumn;
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
        w.lease, w.heartbeat_at
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

// In the order of delivery, from a place on.
constinit pg::Statement page_of_messages(R"sql(
    SELECT id, priority::smallint, available_at::timestamptz, vt IS NOT NULL, worker_id
    FROM pgqrs.messages
    WHERE queue_id = $1
        AND (priority, available_at, id) > ($2, $3, $4)
    ORDER BY priority, available_at, id
    LIMIT $5
)sql",
                                         pg::Planning::index_order);

constexpr std::int64_t kPage = 1000;
// A queue can hold millions of messages behind those that somebody has.
constexpr std::int64_t kFreeInARow = 10'000;

enum class Walked { bounded, all };
enum class Counted { yes, no };  // against max_deliveries

// Goes through the messages of a queue, and finds those that the workers have.
class LeasesOf {
public:
    LeasesOf(const engine::Access& queue, std::span<const std::int64_t> workers, Walked walked)
        : queue_(queue), workers_(workers), walked_(walked) {}

    bool has(std::int64_t worker) const {
        return std::binary_search(workers_.begin(), workers_.end(), worker);
    }

    // Those of the next page, in the order of their ids; false when there is none.
    bool next(std::vector<engine::RowKey>& found) {
        found.clear();
        return pg::with_spi([&] {
            const engine::StatementRights rights(queue_, {{&engine::kMessages, ACL_SELECT}});
            const pg::Rows rows = page_of_messages.run({pg::int4(queue_.queue), pg::int2(priority_),
                                                        pg::timestamptz(available_at_),
                                                        pg::int8(id_), pg::int8(kPage)});
            for (std::uint64_t row = 0; row < rows.count(); ++row) {
                look_at(rows, row, found);
            }
            if (walked_ == Walked::bounded && free_in_a_row_ >= kFreeInARow) {
                available_at_ = core::kNever;  // to the next priority
                id_ = INT64_MAX;
                free_in_a_row_ = 0;
            }
            std::sort(found.begin(), found.end(),
                      [](const engine::RowKey& a, const engine::RowKey& b) { return a.id < b.id; });
            return !rows.empty();
        });
    }

private:
    void look_at(const pg::Rows& rows, std::uint64_t row, std::vector<engine::RowKey>& found) {
        id_ = rows.int8(row, 1);
        const std::int16_t priority = DatumGetInt16(rows.at(row, 2).datum);
        free_in_a_row_ = priority == priority_ ? free_in_a_row_ : 0;
        priority_ = priority;
        available_at_ = pg::timestamp_of(rows.at(row, 3));
        if (!rows.boolean(row, 4)) {
            ++free_in_a_row_;
            return;
        }
        free_in_a_row_ = 0;
        const pg::Value worker = rows.at(row, 5);
        if (!worker.null && has(DatumGetInt64(worker.datum))) {
            found.push_back({id_, std::nullopt});
        }
    }

    const engine::Access queue_;
    const std::span<const std::int64_t> workers_;
    const Walked walked_;
    std::int16_t priority_ = INT16_MIN;
    core::Instant available_at_ = core::kBeginning;
    std::int64_t id_ = INT64_MIN;
    std::int64_t free_in_a_row_ = 0;
};

struct Terms {
    Walked walked;
    Counted counted;
    bool skip_locked = true;
};

struct Ended {
    std::int64_t done = 0;
    std::int64_t left = 0;  // somebody else has them locked, or was faster
};

// `workers` are sorted.
Ended end_leases(const engine::Access& queue, std::span<const std::int64_t> workers,
                 const Terms& terms) {
    const Held held(queue.name, queue);
    const core::Instant now = engine::clock_now();
    LeasesOf leases(held.access, workers, terms.walked);
    const auto edit = [&](const core::Message& row, pg::Value* cells) {
        if (row.lease_end == core::kBeginning || !leases.has(row.worker_id)) {
            return false;
        }
        pg::Value& at = cells[Column::available_at];
        at = pg::timestamptz(std::min(pg::timestamp_of(at), now));
        give_back(row, core::kMadeAvailable, cells);
        if (terms.counted == Counted::yes) {
            cells[Column::given_back] = pg::int4(row.given_back);
        }
        return true;
    };
    const engine::Places written = kGivenBack | engine::places(Column::available_at);
    Ended ended;
    for (std::vector<engine::RowKey> page; leases.next(page);) {
        const auto done = static_cast<std::int64_t>(
            engine::change_rows({held.messages, held.marks, page, terms.skip_locked},
                                engine::row_edit(written, edit))
                .size());
        ended.done += done;
        ended.left += static_cast<std::int64_t>(page.size()) - done;
    }
    if (held.queue.notify) {
        engine::want_notice(held.marks, queue.name);
    }
    return ended;
}

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
