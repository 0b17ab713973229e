#include "queue/workers.hpp"

#include <string>

#include "core/error.hpp"
#include "core/limits.hpp"
#include "core/names.hpp"
#include "engine/access.hpp"
#include "engine/clock.hpp"
#include "engine/queue_cache.hpp"
#include "engine/sessions.hpp"
#include "engine/settings.hpp"
#include "engine/slots.hpp"
#include "engine/tables.hpp"
#include "pg/spi.hpp"
#include "pg/transaction.hpp"

namespace pgqrs::queue {
namespace {

#define PGQRS_WORKER_COLUMNS                                                        \
    "SELECT w.id, q.name, w.name, w.hostname, w.pid, w.metadata, w.registered_at, " \
    "w.state, w.lease, w.heartbeat_at, w.session IS NOT NULL "                      \
    "FROM pgqrs.workers AS w JOIN pgqrs.queues AS q ON q.id = w.queue_id "

constinit pg::Statement insert_worker(R"sql(
    INSERT INTO pgqrs.workers (queue_id, name, hostname, pid, metadata, lease, heartbeat_at, session)
    VALUES ($1, $2, $3, $4, $5, $6, $7, $8)
    RETURNING id
)sql");

#define PGQRS_KNOWN \
    "SELECT id, queue_id, state::text, lease, heartbeat_at, session FROM pgqrs.workers WHERE "

constinit pg::Statement select_known(PGQRS_KNOWN "id = $1", pg::Planning::index_order);
constinit pg::Statement select_several(PGQRS_KNOWN "id = ANY ($1)", pg::Planning::indexed);

constinit pg::Statement queue_of_worker(R"sql(
    SELECT w.queue_id, q.name
    FROM pgqrs.workers AS w
    JOIN pgqrs.queues AS q ON q.id = w.queue_id
    WHERE w.id = $1
)sql");

constinit pg::Statement select_one(PGQRS_WORKER_COLUMNS "WHERE w.id = $1");

constinit pg::Statement page_of_queue(PGQRS_WORKER_COLUMNS R"sql(
    WHERE w.queue_id = $1
        AND w.id > $2
    ORDER BY w.id
    LIMIT $3
)sql");

constinit pg::Statement page_of_all(PGQRS_WORKER_COLUMNS R"sql(
    WHERE w.id > $1
    ORDER BY w.id
    LIMIT $2
)sql");

constinit pg::Statement page_of_some(PGQRS_WORKER_COLUMNS R"sql(
    WHERE w.id > $1
        AND w.queue_id = ANY ($3)
    ORDER BY w.id
    LIMIT $2
)sql");

constinit pg::Statement count_of_queue("SELECT count(*) FROM pgqrs.workers WHERE queue_id = $1");

constinit pg::Statement count_of_all("SELECT count(*) FROM pgqrs.workers");

constinit pg::Statement count_of_some(
    "SELECT count(*) FROM pgqrs.workers WHERE queue_id = ANY ($1)");

#define PGQRS_HEALTH(condition)                                                            \
    "SELECT q.name,"                                                                       \
    " count(*) FILTER (WHERE w.state = 'ready'),"                                          \
    " count(*) FILTER (WHERE w.state = 'polling'),"                                        \
    " count(*) FILTER (WHERE w.state = 'suspended'),"                                      \
    " count(*) FILTER (WHERE w.state = 'stopped'),"                                        \
    " count(*) FILTER (WHERE w.state = 'dead'),"                                           \
    " $1 - min(w.heartbeat_at)"                                                            \
    " FILTER (WHERE w.state NOT IN ('stopped', 'dead') AND w.session IS NULL)"             \
    " FROM pgqrs.queues AS q LEFT JOIN pgqrs.workers AS w ON w.queue_id = q.id " condition \
    " GROUP BY q.id ORDER BY q.name"

constinit pg::Statement health_of_queue(PGQRS_HEALTH("WHERE q.id = $2"));
constinit pg::Statement health_of_some(PGQRS_HEALTH("WHERE q.id = ANY ($2)"));
constinit pg::Statement health_of_all(PGQRS_HEALTH(""));

// A lease of a dead worker has ended.
constinit pg::Statement metrics_of_workers(R"sql(
    SELECT
        w.id, w.name, w.state, $2 - w.heartbeat_at,
        coalesce(m.in_flight, 0), $2 - m.first_delivery, m.first_end
    FROM pgqrs.workers AS w
    LEFT JOIN (
        SELECT
            worker_id, count(*) AS in_flight, min(delivered_at) AS first_delivery,
            min(vt) AS first_end
        FROM pgqrs.messages
        WHERE queue_id = $1
            AND vt > $2
        GROUP BY worker_id
    ) AS m ON m.worker_id = w.id AND w.state <> 'dead'
    WHERE w.queue_id = $1
    ORDER BY w.id
)sql");

KnownWorker known_at(const pg::Rows& rows, std::uint64_t row) {
    return {.id = rows.int8(row, 1),
            .queue_id = rows.int4(row, 2),
            .state = core::worker_state(pg::text_of(rows.at(row, 3))),
            .lease = rows.interval(row, 4),
            .heartbeat_at = pg::timestamp_of(rows.at(row, 5)),
            .session = rows.at(row, 6).null ? std::nullopt : std::optional(rows.int8(row, 6))};
}

constexpr engine::Need kSelect{&engine::kWorkers, ACL_SELECT};
constexpr engine::Need kSelectQueues{&engine::kQueues, ACL_SELECT};

engine::Access access_to(std::string_view queue, core::Rights rights) {
    return {engine::find_queue(queue).id, queue, rights};
}

// Two workers may have the same: then a lock on one holds the other as well.
std::int32_t lock_of(std::int64_t id) {
    return static_cast<std::int32_t>(static_cast<std::uint64_t>(id) ^
                                     (static_cast<std::uint64_t>(id) >> 32));
}

[[noreturn]] void raise_no_worker(std::int64_t id) {
    throw core::Error(core::SqlState::worker_not_found,
                      "worker " + std::to_string(id) + " does not exist", "",
                      "register_worker() gives a worker its id.");
}

}  // namespace

std::int64_t register_worker(const NewWorker& worker) {
    core::check_worker_name(worker.name);
    core::check_worker_lease(worker.lease);
    const auto pid =
        worker.pid ? pg::int4(core::integer_of(*worker.pid, "pid")) : pg::null_of(INT4OID);
    if (worker.session && !engine::has_shared_memory()) {
        throw core::Error(core::SqlState::invalid_argument,
                          "a worker cannot be bound to its session",
                          "The server learns of the end of a session only with pgqrs in "
                          "shared_preload_libraries.",
                          "Leave session => true out, and give signs of life, or preload pgqrs.");
    }
    return pg::with_spi([&] {
        const engine::Queue queue = engine::hold_queue(worker.queue);
        const engine::StatementRights rights(
            {queue.id, worker.queue, core::rights_for("register_worker")},
            {{&engine::kWorkers, ACL_INSERT | ACL_SELECT}});
        const pg::Rows inserted = insert_worker.run(
            {pg::int4(queue.id), pg::text(worker.name), pg::text(worker.hostname), pid,
             pg::jsonb(worker.metadata), pg::interval(worker.lease),
             pg::timestamptz(engine::clock_now()),
             worker.session ? pg::int8(engine::own_session()) : pg::null_of(INT8OID)});
        if (inserted.empty()) {
            throw core::Error(core::SqlState::invalid_argument,
                              "a trigger on pgqrs.workers suppressed the row");
        }
        return inserted.int8(0, 1);
    });
}

std::optional<QueueOfWorker> find_queue_of(std::int64_t worker) {
    engine::accept_queue_changes();
    const engine::StatementRights rights({kSelect, kSelectQueues});
    const pg::Rows rows = queue_of_worker.run_latest({pg::int8(worker)});
    if (rows.empty()) {
        return std::nullopt;
    }
    return QueueOfWorker{rows.int4(0, 1), std::string(pg::text_of(rows.at(0, 2)))};
}

QueueOfWorker queue_of(std::int64_t worker) {
    auto found = find_queue_of(worker);
    if (!found) {
        raise_no_worker(worker);
    }
    return *std::move(found);
}

KnownWorker find_worker(std::int64_t id, const engine::Access& access) {
    const engine::StatementRights rights(access, {kSelect});
    const pg::Rows rows = select_known.run_latest({pg::int8(id)});
    if (rows.empty()) {
        raise_no_worker(id);
    }
    return known_at(rows, 0);
}

std::vector<KnownWorker> find_workers(std::span<const std::int64_t> ids,
                                      const engine::Access& access) {
    const engine::StatementRights rights(access, {kSelect});
    const pg::Rows rows = select_several.run_latest({pg::int8_array(ids)});
    std::vector<KnownWorker> found;
    for (std::uint64_t row = 0; row < rows.count(); ++row) {
        found.push_back(known_at(rows, row));
    }
    return found;
}

void require_alive(std::int64_t id, core::WorkerState state) {
    if (core::is_alive(state)) {
        return;
    }
    const bool dead = state == core::WorkerState::dead;
    throw core::Error(core::SqlState::worker_not_found,
                      "worker " + std::to_string(id) + " is " + std::string(core::label_of(state)),
                      dead
                          ? "It gave no sign of life for longer than its lease, and others get its "
                            "messages."
                          : "",
                      "Register a new worker. It may have the same name.");
}

void require_own(const KnownWorker& worker) {
    if (worker.session && worker.state == core::WorkerState::dead) {
        throw core::Error(core::SqlState::worker_not_found,
                          "worker " + std::to_string(worker.id) + " is dead",
                          "The session that it is bound to has ended, and others get its messages.",
                          "Register a new worker. It may have the same name.");
    }
    require_alive(worker.id, worker.state);
    if (!worker.session || engine::is_own_session(*worker.session)) {
        return;
    }
    const bool there = engine::is_session_there(*worker.session);
    throw core::Error(core::SqlState::worker_not_found,
                      "worker " + std::to_string(worker.id) + " is bound to " +
                          (there ? "another session" : "a session that has ended"),
                      "It was registered with session => true, so only the server process that "
                      "registered it may use it.",
                      "A connection pooler in transaction mode changes the server process from one "
                      "transaction to the next. "
                      "Connect without it, or register the worker without session => true.");
}

void lock_worker(std::int64_t id) {
    pg::lock_number(engine::find_table(engine::kWorkers), lock_of(id), pg::LockMode::shared);
}

bool try_lock_worker_alone(std::int64_t id) {
    return pg::try_lock_number(engine::find_table(engine::kWorkers), lock_of(id));
}

void get_worker(std::int64_t id, pg::RowSink& sink) {
    pg::with_spi([&] {
        const auto queue = find_queue_of(id);
        if (!queue && !engine::has_own_rights(kSelect)) {
            return;
        }
        const engine::StatementRights rights(
            queue ? queue->access(core::rights_for("get_worker")) : engine::Access{},
            {kSelect, kSelectQueues});
        select_one.look_into(sink, {pg::int8(id)});
    });
}

void list_workers(std::optional<std::string_view> queue, std::int64_t after_id,
                  std::int64_t quantity, pg::RowSink& sink) {
    core::check_quantity(quantity, engine::max_batch_size());
    pg::with_spi([&] {
        constexpr core::Rights kRights = core::rights_for("list_workers");
        if (queue) {
            const engine::Access access = access_to(*queue, kRights);
            const engine::StatementRights rights(access, {kSelect, kSelectQueues});
            page_of_queue.look_into(
                sink, {pg::int4(access.queue), pg::int8(after_id), pg::int8(quantity)});
        } else if (const auto some = engine::queues_in_reach(kRights, {kSelect, kSelectQueues})) {
            const pg::Value queues = pg::int4_array(*some);
            const engine::StatementRights rights({kSelect, kSelectQueues});
            page_of_some.look_into(sink, {pg::int8(after_id), pg::int8(quantity), queues});
        } else {
            page_of_all.look_into(sink, {pg::int8(after_id), pg::int8(quantity)});
        }
    });
}

std::int64_t count_workers(std::optional<std::string_view> queue) {
    return pg::with_spi([&] {
        constexpr core::Rights kRights = core::rights_for("count_workers");
        if (queue) {
            const engine::Access access = access_to(*queue, kRights);
            const engine::StatementRights rights(access, {kSelect});
            return count_of_queue.look({pg::int4(access.queue)}).int8(0, 1);
        }
        if (const auto some = engine::queues_in_reach(kRights, {kSelect})) {
            const pg::Value queues = pg::int4_array(*some);
            const engine::StatementRights rights({kSelect});
            return count_of_some.look({queues}).int8(0, 1);
        }
        return count_of_all.look({}).int8(0, 1);
    });
}

void worker_health(std::optional<std::string_view> queue, pg::RowSink& sink) {
    pg::with_spi([&] {
        constexpr core::Rights kRights = core::rights_for("worker_health");
        const pg::Value now = pg::timestamptz(engine::clock_now());
        if (queue) {
            const engine::Access access = access_to(*queue, kRights);
            const engine::StatementRights rights(access, {kSelect, kSelectQueues});
            health_of_queue.look_into(sink, {now, pg::int4(access.queue)});
        } else if (const auto some = engine::queues_in_reach(kRights, {kSelect, kSelectQueues})) {
            const engine::StatementRights rights({kSelect, kSelectQueues});
            health_of_some.look_into(sink, {now, pg::int4_array(*some)});
        } else {
            health_of_all.look_into(sink, {now});
        }
    });
}

void worker_metrics(std::string_view queue, pg::RowSink& sink) {
    pg::with_spi([&] {
        const engine::Access access = access_to(queue, core::rights_for("worker_metrics"));
        const engine::StatementRights rights(access, {kSelect, {&engine::kMessages, ACL_SELECT}});
        metrics_of_workers.look_into(
            sink, {pg::int4(access.queue), pg::timestamptz(engine::clock_now())});
    });
}

}  // namespace pgqrs::queue
