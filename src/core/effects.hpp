// What a transaction, or a subtransaction of it, did to the messages of one queue: the marks to lower
// when it ends, how many messages somebody may be waiting for then, and by how much a commit changes
// the queue's counts. The reasoning is in scan_floor.hpp.
//
// A write is noted in two steps. `locked` comes before it: others may pass the row from then on, so a
// rollback must lower the marks to it. `added`, `changed` or `removed` comes when it was done.
#pragma once

#include <cstdint>

#include "core/depth.hpp"
#include "core/message.hpp"
#include "core/queue_counts.hpp"
#include "core/scan_floor.hpp"

namespace pgqrs::core {

struct Effects {
    Marks after_commit = marks_at(kNever);
    Marks after_abort = marks_at(kNever);
    std::int64_t ready_after_commit = 0;
    std::int64_t ready_after_abort = 0;
    QueueCounts change;
    Reservation reserved;  // given back at either end

    // The row is about to be locked, changed or removed.
    void locked(const Message& row);
    // The row is locked and stays as it is.
    void held(const Message& row, Instant now);

    void added(const Message& row, Instant now);
    void removed(const Message& row);
    void changed(const Message& from, const Message& to, Instant now);

    // Anything may have become deliverable when the transaction commits, or when it is rolled back.
    void everything_after_commit(std::int64_t waiters);
    void everything_after_abort(std::int64_t waiters);

    // Leases may have ended before their time when the transaction commits.
    void leases_after_commit(std::int64_t waiters);

    void add(const Effects& other);
};

}  // namespace pgqrs::core
