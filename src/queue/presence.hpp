// Signs of life of workers.
//
// A worker's row says when it was last seen. Calls that count as signs of life read the row anyway, and
// write it only when a third of the lease has passed, so most of them cost no write. Whoever writes the row
// takes it with FOR NO KEY UPDATE SKIP LOCKED, and leaves a locked one alone: somebody else is noting the
// same, or is just ending the worker.
//
// The row is not written before a call is done, because a call can wait for long. Meanwhile the worker is
// alive by a shared lock on its number: the reaper passes a worker whose number it cannot get alone.
// The lock lasts until the end of the transaction, so no lease can be given to a worker that dies before
// the lease is committed.
//
// A worker that is bound to a session gives no signs of life. Its server process knows it by heart.
#pragma once

#include <cstdint>
#include <optional>
#include <span>
#include <vector>

#include "core/worker.hpp"
#include "engine/deliveries.hpp"
#include "engine/table.hpp"
#include "queue/held.hpp"
#include "queue/workers.hpp"

namespace pgqrs::queue {

// The worker, if any, that a call takes messages for. Construct it outside of attempts that may be undone.
class Presence {
public:
    explicit Presence(std::optional<std::int64_t> worker);

    // Whether the worker gets messages: false while it is suspended. Raises PQ008 unless it is alive and
    // registered for the queue, whose name must last as long as this object.
    bool may_take(const engine::Access& queue);
    // What the last may_take() said, the other way round.
    bool is_suspended() const { return known_.state == core::WorkerState::suspended; }

    // Notes the sign of life when it is due. Call when the call is done.
    void note() const;

private:
    const std::optional<std::int64_t> worker_;
    engine::Access queue_;
    KnownWorker known_{};
};

// Notes a sign of life of those who have just had their leases on messages of the queue extended, unless the
// caller may not write their rows. Answers those that died before they could be held, sorted.
std::vector<std::int64_t> note_extension(const Held& queue, std::vector<std::int64_t> workers);

// What has become of a message that a worker believes to have.
struct HeldMessage {
    bool lost;
    bool cancelled;
};

// Notes a sign of life of the worker, and answers about its messages, delivery by delivery. Raises PQ008
// unless the worker is alive.
std::vector<HeldMessage> heartbeat(std::int64_t worker,
                                   std::span<const engine::Delivery> deliveries);

}  // namespace pgqrs::queue
