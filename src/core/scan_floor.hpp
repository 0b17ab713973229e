// Where a dequeue starts looking, so that it costs the same whatever lies before: the arithmetic of
// scan floors, and the reason why no message is ever left behind them.
//
// A queue has three marks for each priority, all of them lower bounds:
//
//   ready      no message without a lease comes earlier in the order; a walk starts here
//   leased     no leased message below `ready` comes earlier
//   lease_end  no lease of a message below `ready` ends earlier
//
// A walk covers the messages of one priority from a start on, in the order of delivery, up to the point
// it `reached`: the last message taken, or the first one that has to wait for its time, or an end that it
// was given. It notes the leases it passes. Somebody vouches for each message that
// it passes:
//
//   - a message under a lease is below `ready` from then on, so the walk lowers `leased` and
//     `lease_end` to it;
//   - a message locked by another transaction is left to that transaction: when it ends, it lowers
//     the marks to every message it touched (commit: leased or ready as it left them; rollback:
//     ready, as it found them);
//   - a message that cannot be seen yet belongs to a transaction that ends later, and lowers the
//     marks then;
//   - a message that is only locked, and not changed, may have been locked by anything, and nobody
//     vouches for it: it is passed as if it had a lease for a moment, and looked at again then.
//
// So only walks raise marks, and anyone lowers them. One thing can go wrong: a walk raises a mark over a
// message that it could not see, although the mark was lowered for that message while it walked.
// Therefore a walk registers itself with the queue before it takes its snapshot, and from then on is
// told of every lowering (`told`); it never raises a mark above what it was told. A transaction
// lowers the marks only after it can be seen. So for every message of a transaction either
//
//   the lowering came before the registration: the message is in the snapshot and at or after the
//       start, and the walk deals with it; or
//   it came during the walk: the walk was told, and the mark stays low; or
//   it comes after the walk has ended: the lowering itself brings the mark down.
//
// A lease that has run out (lease_end has passed) makes the next walk start at `leased` instead of
// `ready`. It sees every lease below `ready`, so it can set `leased` and `lease_end` anew, and
// `ready` goes down to where it stopped.
//
// What nobody reports (rows changed by other means than pgqrs and its triggers, by a statement that
// failed before its triggers ran, or by a prepared transaction) is found by a walk from the
// beginning: a rescan. Without shared memory every backend has marks of its own and does not
// hear of what others do. It rescans as often as that costs a small part of its time
// (rest_after_rescan).
#pragma once

#include <array>
#include <cstdint>

#include "core/duration.hpp"
#include "core/limits.hpp"
#include "core/message.hpp"

namespace pgqrs::core {

using Instants = std::array<Instant, kPriorities>;
using Positions = std::array<Position, kPriorities>;

// Plain data: lives in shared memory, too.
struct Marks {
    Positions ready;
    Positions leased;
    Instants lease_end;
};

// All marks at one instant. kBeginning: nothing is known. kNever: says of no message.
Marks marks_at(Instant instant);

// Lowers each mark that is higher in `marks` than in `by`.
void lower(Marks& marks, const Marks& by);

// Lowers the marks to one message: without a lease, or with one until lease_end.
void lower_to_ready(Marks& marks, int priority, Position message);
void lower_to_leased(Marks& marks, int priority, Position message, Instant lease_end);

// Lowers the marks as if any message might have a lease that ends.
void lower_leases(Marks& marks);

// When, at the earliest, there is something to deliver.
Instant next_event(const Marks& marks);

// One priority of a scan.
struct Walk {
    // Where it starts; kNever when there is nothing to walk for.
    Position start = kNever;
    // Whether it sees all leases below `ready`.
    bool all_leases = false;
    // Filled in by who walks. Every message before `reached` was dealt with, but for what was left;
    // the walk has not taken place while it is kBeginning.
    Position reached = kBeginning;
    Position first_left = kNever;
    Position first_leased = kNever;
    Instant earliest_lease_end = kNever;

    void leave(Position message);
    void pass_lease(Position message, Instant lease_end);
};

struct Scan {
    Marks known;  // the queue's marks at the registration
    std::array<Walk, kPriorities> walks;
};

// The walks to make at `now` in a queue with the marks `known`. `own` are marks of the messages that
// only the caller can see yet. rescan: from the beginning.
Scan plan_scan(const Marks& known, const Marks& own, Instant now, bool rescan);

// Settles what the scan found into the queue's marks, given what it was told since its registration.
// Answers what other scans under way must be told.
Marks settle(Marks& marks, const Scan& scan, const Marks& told);

// How long to rest after a rescan: a fixed multiple of what it cost, but within bounds.
Duration rest_after_rescan(Duration cost, Duration least, Duration most);

}  // namespace pgqrs::core
