// The frame of a background worker: one loop that all workers of pgqrs use. A worker has duties, and a
// duty is done in batches that are bounded.
//
//   started by PostgreSQL
//      |
//   ARRIVES --- nobody needs it --------------------------------------------> ENDS
//      | pauses when earlier starts failed, connects                           ^
//      v                                                                       |
//   LOOKS at signals and the clock <------------------------------------+      |
//      |                                                                |      |
//      +--- a duty is due ---> WORKS: one batch, in a transaction       |      |
//      |                         +--- it commits: the duty says when it |      |
//      |                         |    is due again -------------------->+      |
//      |                         +--- it fails: BACKS OFF: logs, rolls  |      |
//      |                              back, the duty is due later ----->+      |
//      |                                                                |      |
//      +--- none is due -----> SLEEPS until one is, or the latch is --->+      |
//      |                       set                                             |
//      +--- there was nothing to do for idle_time, and may_end() agrees -------+
//
// ENDS: the main function returns, and PostgreSQL does not start the worker again. From every other
// state SIGTERM, or an error outside of a batch, ends the process with exit code 1, and PostgreSQL
// starts it again at once, unless the server stops. When the postmaster dies, the process ends, too.
//
// Why a batch that failed does not end the process: it is rolled back as a command of a session that
// failed, which is all that a session of pgqrs needs to go on, too. So the other duties go on, and
// what the process knows of its failures bounds how often they are tried.
//
// Where the extension is not (any more), no duty is done and nothing fails: the worker looks again after
// a second, or when its latch is set. While a batch runs, nobody can drop the extension.
#pragma once

#include <span>

#include "core/duration.hpp"
#include "pg/compat.hpp"

namespace pgqrs::bgw {

// What a duty answers after a batch.
struct Turn {
    bool did_something;
    // When it wants its next turn. Having done something: after this pause, not before, and 0 is
    // at once. Else: after this at the latest, and as soon as the latch is set.
    core::Duration next;
};

struct Duty {
    const char* activity;  // what it does, for pg_stat_activity
    // Does one batch, in a transaction that the frame begins and ends. May throw: then the batch is
    // rolled back and tried again.
    Turn (*run)();
    // Called when that transaction has ended; null when the duty does not care.
    void (*ended)(bool committed) noexcept;
    // After failures in a row the duty waits, each time twice as long, up to this.
    core::Duration longest_pause;
};

// The most duties of a worker.
inline constexpr std::size_t kMostDuties = 16;

// What a worker finds out when it starts.
struct Arrival {
    bool needed;        // false: it ends
    int failed_starts;  // how often in a row it was started before and got nothing done
};

struct Worker {
    std::span<const Duty> duties;
    // Called before the process connects to the database.
    Arrival (*arrive)(Oid database);
    // Asked when no duty has had anything to do for idle_time: whether the process may end for good. A
    // worker without it stays.
    bool (*may_end)();
    core::Duration idle_time;
    // Whether its commits may be lost in a crash, and so need not wait for the disk.
    bool commits_may_be_lost;
};

// The body of a background worker's main function; returns when the worker may end for good.
void run_worker(Oid database, const Worker& worker);

}  // namespace pgqrs::bgw
