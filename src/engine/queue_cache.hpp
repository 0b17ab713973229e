// Finding a queue by name without a query.
//
// Each backend keeps the queues it used in memory. A change of the table pgqrs.queues, by a function
// or by hand, announces itself at commit through PostgreSQL's own cache invalidation (trigger
// queues_changed), and the copies are dropped; a rollback drops those the transaction itself made.
//
// No orphans: a transaction that inserts a row which refers to a queue first takes a shared lock on the
// queue's name until its end, and drop_queue takes the exclusive one. Taking the lock
// also takes in what was committed before, so a holder knows that the queue exists and will stay. A
// foreign key would instead lock, and write, the one row of the queue for each message.
#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <string_view>

#include "core/backoff.hpp"
#include "core/duration.hpp"
#include "core/limits.hpp"
#include "core/message.hpp"
#include "core/producer_limits.hpp"
#include "engine/dead_workers.hpp"

namespace pgqrs::engine {

struct Queue {
    std::int32_t id;
    std::int32_t max_deliveries;  // core::kUnlimitedDeliveries without a limit
    core::Duration visibility_timeout = 0;
    bool paused = false;
    bool notify = false;
    bool holds_runs = false;                                // its messages are runs of workflows
    std::int32_t max_attempts = core::kDefaultMaxAttempts;  // 0 without a limit
    core::Backoff backoff{};
    core::Duration expires_after = 0;  // 0: messages do not expire
    char dead_letter_queue[64] = "";   // its name; empty: dead messages go to the archive
    std::shared_ptr<const core::ProducerLimits> limits = nullptr;  // null: none
    DeadWorkers dead_workers = nullptr;
    std::uint32_t known_since = 0;  // for queues_changed_since()

    // Valid as long as this object.
    core::DeliveryRule rule() const {
        return {max_deliveries, dead_workers == nullptr ? nullptr : dead_workers->data(),
                dead_workers == nullptr ? 0 : dead_workers->size()};
    }
};

// Whether any queue, or who is dead of its workers, may have changed since a Queue was looked up.
// 0: no Queue.
bool queues_changed_since(std::uint32_t known_since);

// The state of what is known of queues: another one as soon as a change of any was heard of.
std::uint32_t queues_generation();

// Takes notice of what has changed in queues and grants. What finds or holds a queue does it.
void accept_queue_changes();

// The queue of that name; raises PQ002 when there is none, PQ004 when there cannot be one.
Queue find_queue(std::string_view name);

// The same, and nobody can drop the queue before the end of this transaction.
Queue hold_queue(std::string_view name);

// The same two where a missing queue, and the empty name of none, is no error.
std::optional<Queue> find_queue_if_any(std::string_view name);
std::optional<Queue> hold_queue_if_any(std::string_view name);

// The same, and until the end of this transaction nobody else holds it. Everybody who comes meanwhile
// waits behind us: see queue_alone.hpp for calls that may have to wait.
Queue hold_queue_alone(std::string_view name);

// The name of the queue with that id; empty when there is none.
std::string queue_name(std::int32_t id);

// The same for the queue of a row somebody inserted by hand; raises PQ002 when there is none.
void hold_queue_of_row(std::int32_t id);

// Raises what fits a queue that a statement did not find although it had been looked up: 40001 when
// the caller's snapshot is too old to see it, else PQ002.
[[noreturn]] void raise_vanished(std::string_view name);

// Has every backend look queues up anew after this transaction's commit.
void announce_queues_changed();

}  // namespace pgqrs::engine
