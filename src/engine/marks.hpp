// The marks of a queue (core/scan_floor.hpp): registering scans, settling what they found, lowering
// the marks when transactions end. The marks are in shared memory for all backends when the queue has
// a slot there, else each backend has its own.
#pragma once

#include <cstdint>

#include "core/scan_floor.hpp"
#include "engine/clock.hpp"
#include "engine/dead_workers.hpp"
#include "engine/slots.hpp"

namespace pgqrs::engine {

// What a backend keeps of a queue; knows nothing at first.
struct QueueMarks {
    QueueKey key;
    Slot* slot = nullptr;  // where the queue's slot was last
    core::Marks own = core::marks_at(core::kBeginning);
    std::int64_t next_rescan = 0;
    DeadWorkers dead_workers = nullptr;  // whose leases its own marks do not count
    // For admission.cpp, where the counts are not known: how many messages may be added until when, by
    // elapsed_clock(), to a queue of that limit.
    struct Room {
        std::int64_t limit = 0;
        std::int64_t room = 0;
        std::int64_t until = 0;
    } room{};
};

// The marks of a queue in a table of messages. The reference holds until the transaction ends.
QueueMarks& marks_of(Oid messages, std::int32_t queue_id);

// Nothing is known any more in this backend. Never raises.
void distrust_own_marks() noexcept;
// Keeps what the backend knows of queues within bounds. Call when a transaction has ended. Never raises.
void forget_idle_queues() noexcept;

// A scan under way.
struct ScanTicket {
    core::Marks known;  // the queue's marks when it began
    core::Instant now;
    std::int64_t began;
    bool rescan;                // it looks from the beginning
    bool shared;                // the marks are those of all backends
    bool registered;            // it will raise marks
    bool trusts_leases = true;  // what it says of leases may raise marks
};

// Makes the backend's own marks agree with who is dead. Call before a scan that goes by this.
void learn_of_dead_workers(QueueMarks& queue, const DeadWorkers& dead);

// Begins a scan at the time `now`; call before its snapshot is taken. One that works with an older
// snapshot must not raise marks.
ScanTicket begin_scan(QueueMarks& queue, core::Instant now, bool raises);

// Ends it and settles what it found: it took `taken` messages. exhausted: there are no more.
void end_scan(QueueMarks& queue, const ScanTicket& ticket, const core::Scan& scan,
              std::int64_t taken, bool exhausted);

// Forgets the scan that an error ended, if one was under way. Never raises.
void abandon_scan() noexcept;

// Lowers the queue's marks, for everybody, and wakes a waiter for each of `messages` that can be
// delivered now. Adds to the queue's counts, and gives reserved room back. Never raises.
void lower_marks(QueueMarks& queue, const core::Marks& to, std::int64_t messages,
                 const core::Reservation& reserved, const core::QueueCounts& change = {}) noexcept;

// The queue's runs are executed by the server, for this owner; InvalidOid: by workers outside. Cheap when it is
// known. Call below no guard.
void set_executing_owner(QueueMarks& queue, Oid owner);
// A runner is about to look at the queue: what is committed from now on wants one again.
void begin_look_of_runner(QueueMarks& queue);
// When something can be delivered next, as far as is known; in the past when it may be now.
core::Instant next_event_of(QueueMarks& queue);

// The transaction has been prepared, and keeps the room it has reserved. Never raises.
void keep_reserved(QueueMarks& queue, const core::Reservation& reserved) noexcept;

// Lowers the shared marks of all queues of the current database as far as they go, and wakes all
// waiters; nothing is known of their counts any more. Never raises.
void distrust_marks() noexcept;

// Gives up shared marks that nobody needs any more: of one queue; of all queues with their messages
// in a table; of all in a database. A process that still needs them only walks from the beginning. Never
// raises.
void forget_marks(const QueueKey& queue) noexcept;
void forget_marks_of_table(Oid database, Oid table) noexcept;
void forget_marks_of_database(Oid database) noexcept;

}  // namespace pgqrs::engine
