// The table pgqrs.workers: registering, looking, counting.
#pragma once

#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "core/duration.hpp"
#include "core/worker.hpp"
#include "engine/table.hpp"
#include "pg/call.hpp"

namespace pgqrs::queue {

struct NewWorker {
    std::string_view queue;
    std::string_view name;
    std::optional<std::string_view> hostname;
    std::optional<std::int64_t> pid;
    std::optional<pg::Json> metadata;
    core::Duration lease = core::kDefaultWorkerLease;
    bool session = false;  // bound to this server process
};

std::int64_t register_worker(const NewWorker& worker);

// The row of a worker, as far as its life is concerned.
struct KnownWorker {
    std::int64_t id;
    std::int32_t queue_id;
    core::WorkerState state;
    core::Duration lease;
    core::Instant heartbeat_at;
    std::optional<std::int64_t> session;  // engine/sessions.hpp

    // Whether signs of life have to be noted. Those that are bound to a session give none.
    bool needs_heartbeat(core::Instant now) const {
        return !session && core::is_heartbeat_due(heartbeat_at, lease, now);
    }
};

// The following run inside with_spi().

// The queue of a worker. It needs no right: what is done with the worker does.
struct QueueOfWorker {
    std::int32_t id;
    std::string name;

    // Valid as long as this object.
    engine::Access access(core::Rights rights) const { return {id, name, rights}; }
};
// Nothing when there is no such worker; the other one raises PQ008 then.
std::optional<QueueOfWorker> find_queue_of(std::int64_t worker);
QueueOfWorker queue_of(std::int64_t worker);

// As committed by now. The first raises PQ008 when there is none; the other leaves it out.
KnownWorker find_worker(std::int64_t id, const engine::Access& access);
std::vector<KnownWorker> find_workers(std::span<const std::int64_t> ids,
                                      const engine::Access& access);

// Raises PQ008 and says which, for a worker that is stopped or dead.
void require_alive(std::int64_t id, core::WorkerState state);
// The same for a call as that worker; and for one that is bound to another session.
void require_own(const KnownWorker& worker);

// Keeps the worker from being reaped until the end of the transaction, and takes notice of what was
// committed before. The other one is for who reaps: it does not wait, and answers whether it got it.
void lock_worker(std::int64_t id);
bool try_lock_worker_alone(std::int64_t id);

void get_worker(std::int64_t id, pg::RowSink& sink);
// Without a queue: of all queues.
void list_workers(std::optional<std::string_view> queue, std::int64_t after_id,
                  std::int64_t quantity, pg::RowSink& sink);
std::int64_t count_workers(std::optional<std::string_view> queue);
void worker_health(std::optional<std::string_view> queue, pg::RowSink& sink);
void worker_metrics(std::string_view queue, pg::RowSink& sink);

}  // namespace pgqrs::queue
