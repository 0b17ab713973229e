#include "queue/presence.hpp"

#include <algorithm>
#include <memory>
#include <string>

#include "core/error.hpp"
#include "core/limits.hpp"
#include "engine/access.hpp"
#include "engine/clock.hpp"
#include "engine/journal.hpp"
#include "engine/settings.hpp"
#include "engine/tables.hpp"
#include "pg/spi.hpp"
#include "pg/transaction.hpp"
#include "queue/workers.hpp"

namespace pgqrs::queue {
namespace {

// As a statement of its own: the trigger on the state does not run for a mere sign of life.
constinit pg::Statement start_polling(R"sql(
    UPDATE pgqrs.workers
    SET state = 'polling', heartbeat_at = $2
    WHERE id IN (
        SELECT id FROM pgqrs.workers WHERE id = $1 AND state = 'ready' FOR NO KEY UPDATE SKIP LOCKED)
)sql",
                                      pg::Planning::indexed);

constinit pg::Statement write_heartbeats(R"sql(
    UPDATE pgqrs.workers
    SET heartbeat_at = $2
    WHERE id IN (
        SELECT id
        FROM pgqrs.workers
        WHERE id = ANY ($1)
            AND state IN ('ready', 'polling', 'suspended')
        ORDER BY id
        FOR NO KEY UPDATE SKIP LOCKED)
)sql",
                                         pg::Planning::indexed);

constinit pg::Statement select_messages(R"sql(
    SELECT
        place,
        m.id IS NULL
            OR m.vt IS NULL
            OR CASE
                WHEN d.read_ct IS NULL THEN m.worker_id IS DISTINCT FROM $3
                ELSE m.read_ct <> d.read_ct
            END,
        coalesce(m.flags & $5 <> 0, false)
    FROM unnest($1, $2) WITH ORDINALITY AS d (id, read_ct, place)
    LEFT JOIN pgqrs.messages AS m ON m.id = d.id AND m.queue_id = $4
)sql",
                                        pg::Planning::indexed);

constexpr engine::Need kWrite{&engine::kWorkers, ACL_SELECT | ACL_UPDATE};

void write_heartbeat_of(const std::vector<std::int64_t>& workers, const engine::Access& queue,
                        core::Instant now) {
    if (!workers.empty()) {
        const engine::StatementRights rights(queue, {kWrite});
        write_heartbeats.run_latest({pg::int8_array(workers), pg::timestamptz(now)});
    }
}

}  // namespace

Presence::Presence(std::optional<std::int64_t> worker) : worker_(worker) {
    if (worker_) {
        lock_worker(*worker_);
    }
}

bool Presence::may_take(const engine::Access& queue) {
    if (!worker_) {
        return true;
    }
    pg::with_spi([&] {
        const KnownWorker known = find_worker(*worker_, queue);
        if (known.queue_id != queue.queue) {
            throw core::Error(core::SqlState::worker_not_found,
                              "worker " + std::to_string(*worker_) +
                                  " is not a worker of queue \"" + std::string(queue.name) + "\"");
        }
        require_own(known);
        queue_ = queue;
        known_ = known;
    });
    return !is_suspended();
}

void Presence::note() const {
    if (!worker_) {
        return;
    }
    const core::Instant now = engine::clock_now();
    const bool starts = known_.state == core::WorkerState::ready;
    if (!starts && !known_.needs_heartbeat(now)) {
        return;
    }
    pg::with_spi([&] {
        if (starts) {
            const engine::StatementRights rights(queue_, {kWrite});
            start_polling.run_latest({pg::int8(*worker_), pg::timestamptz(now)});
        } else {
            write_heartbeat_of({*worker_}, queue_, now);
        }
    });
}

std::vector<std::int64_t> note_extension(const Held& queue, std::vector<std::int64_t> workers) {
    std::sort(workers.begin(), workers.end());
    workers.erase(std::unique(workers.begin(), workers.end()), workers.end());
    std::erase(workers, 0);
    if (workers.empty() || !engine::may_lock_rows(queue.access, engine::kWorkers)) {
        return {};
    }
    for (const std::int64_t worker : workers) {
        lock_worker(worker);
    }
    return pg::with_spi([&] {
        const core::Instant now = engine::clock_now();
        std::vector<std::int64_t> due;
        std::vector<std::int64_t> dead;
        for (const KnownWorker& known : find_workers(workers, queue.access)) {
            if (known.state == core::WorkerState::dead) {
                // We have written its lease anew, and others may have passed the message meanwhile.
                engine::note_queue_changed(queue.marks);
                dead.push_back(known.id);
            } else if (known.needs_heartbeat(now)) {
                due.push_back(known.id);
            }
        }
        write_heartbeat_of(due, queue.access, now);
        std::sort(dead.begin(), dead.end());
        return dead;
    });
}

std::vector<HeldMessage> heartbeat(std::int64_t worker,
                                   std::span<const engine::Delivery> deliveries) {
    core::check_batch_size(static_cast<std::int64_t>(deliveries.size()), engine::max_batch_size());
    pg::require_writable("UPDATE");
    return pg::with_spi([&] {
        const QueueOfWorker queue = queue_of(worker);
        const engine::Access access = queue.access(core::rights_for("heartbeat"));
        require_own(find_worker(worker, access));
        write_heartbeat_of({worker}, access, engine::clock_now());
        std::vector<HeldMessage> result(deliveries.size());
        if (deliveries.empty()) {
            return result;
        }
        std::vector<Datum> ids;
        std::vector<Datum> read_cts;
        const auto nulls = std::make_unique<bool[]>(deliveries.size());
        for (const engine::Delivery& delivery : deliveries) {
            nulls[ids.size()] = !delivery.read_ct;
            ids.push_back(Int64GetDatum(delivery.id));
            read_cts.push_back(Int32GetDatum(delivery.read_ct.value_or(0)));
        }
        const int count = static_cast<int>(ids.size());
        const engine::StatementRights rights(access, {{&engine::kMessages, ACL_SELECT}});
        const pg::Rows rows = select_messages.run(
            {pg::array_of(INT8OID, ids.data(), nullptr, count),
             pg::array_of(INT4OID, read_cts.data(), nulls.get(), count), pg::int8(worker),
             pg::int4(queue.id), pg::int2(core::kToBeCancelled)});
        for (std::uint64_t row = 0; row < rows.count(); ++row) {
            HeldMessage& message = result[static_cast<std::size_t>(rows.int8(row, 1) - 1)];
            message.lost = rows.boolean(row, 2);
            message.cancelled = !message.lost && rows.boolean(row, 3);
        }
        return result;
    });
}

}  // namespace pgqrs::queue
