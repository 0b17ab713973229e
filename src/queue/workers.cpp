#include "queue/workers.hpp"

#include <string>

#include "core/error.hpp"
#include "core/limits.hpp"
#include "core/names.hpp"
#include "engine/access.hpp"
#include "engine/queue_cache.hpp"
#include "engine/settings.hpp"
#include "engine/tables.hpp"
#include "pg/spi.hpp"

namespace pgqrs::queue {
namespace {

#define PGQRS_WORKER_COLUMNS                                                       \
    "SELECT w.id, q.name, w.name, w.hostname, w.pid, w.metadata, w.registered_at " \
    "FROM pgqrs.workers AS w JOIN pgqrs.queues AS q ON q.id = w.queue_id "

constinit pg::Statement insert_worker(R"sql(
    INSERT INTO pgqrs.workers (queue_id, name, hostname, pid, metadata)
    VALUES ($1, $2, $3, $4, $5)
    RETURNING id
)sql");

constinit pg::Statement delete_one("DELETE FROM pgqrs.workers WHERE id = $1");

constinit pg::Statement select_queue_of("SELECT queue_id FROM pgqrs.workers WHERE id = $1",
                                        pg::Planning::index_order);

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

constexpr engine::Need kSelect{&engine::kWorkers, ACL_SELECT};
constexpr engine::Need kSelectQueues{&engine::kQueues, ACL_SELECT};

// On what grounds a caller may do something with a worker whose queue he does not name; nothing without the
// worker.
std::optional<engine::Access> access_to(std::int64_t id, core::Rights rights) {
    engine::accept_queue_changes();
    const engine::StatementRights as_owner({kSelect, kSelectQueues});
    const pg::Rows rows = queue_of_worker.run_latest({pg::int8(id)});
    if (rows.empty()) {
        return std::nullopt;
    }
    return engine::Access{rows.int4(0, 1), pg::text_of(rows.at(0, 2)), rights};
}

engine::Access access_to(std::string_view queue, core::Rights rights) {
    return {engine::find_queue(queue).id, queue, rights};
}

}  // namespace

std::int64_t register_worker(const NewWorker& worker) {
    core::check_worker_name(worker.name);
    const auto pid =
        worker.pid ? pg::int4(core::integer_of(*worker.pid, "pid")) : pg::null_of(INT4OID);
    return pg::with_spi([&] {
        const engine::Queue queue = engine::hold_queue(worker.queue);
        const engine::StatementRights rights(
            {queue.id, worker.queue, core::rights_for("register_worker")},
            {{&engine::kWorkers, ACL_INSERT | ACL_SELECT}});
        const pg::Rows inserted = insert_worker.run(
            {pg::int4(queue.id), pg::text(worker.name), pg::text(worker.hostname), pid,
             worker.metadata ? worker.metadata->value() : pg::null_of(JSONBOID)});
        if (inserted.empty()) {
            throw core::Error(core::SqlState::invalid_argument,
                              "a trigger on pgqrs.workers suppressed the row");
        }
        return inserted.int8(0, 1);
    });
}

bool delete_worker(std::int64_t id) {
    return pg::with_spi([&] {
        constexpr engine::Need kDelete{&engine::kWorkers, ACL_DELETE | ACL_SELECT};
        const auto access = access_to(id, core::rights_for("delete_worker"));
        if (!access && !engine::has_own_rights(kDelete)) {
            return false;
        }
        const engine::StatementRights rights(access.value_or(engine::Access{}), {kDelete});
        return delete_one.run({pg::int8(id)}).count() > 0;
    });
}

void require_worker(std::int64_t id, const engine::Access& access) {
    pg::with_spi([&] {
        const engine::StatementRights rights(access, {kSelect});
        const pg::Rows rows = select_queue_of.run_latest({pg::int8(id)});
        if (rows.empty()) {
            throw core::Error(core::SqlState::worker_not_found,
                              "worker " + std::to_string(id) + " does not exist", "",
                              "register_worker() gives a worker its id.");
        }
        if (rows.int4(0, 1) != access.queue) {
            throw core::Error(core::SqlState::worker_not_found,
                              "worker " + std::to_string(id) + " is not a worker of queue \"" +
                                  std::string(access.name) + "\"");
        }
    });
}

void get_worker(std::int64_t id, pg::RowSink& sink) {
    pg::with_spi([&] {
        const auto access = access_to(id, core::rights_for("get_worker"));
        if (!access && !engine::has_own_rights(kSelect)) {
            return;
        }
        const engine::StatementRights rights(access.value_or(engine::Access{}),
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

}  // namespace pgqrs::queue
