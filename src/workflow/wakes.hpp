// The table pgqrs.wakes: telling a run that waits that it may have got what it waits for.
//
// Whoever causes it (a signal, an event, the end of a child) does not touch the run: two runs that signal each
// other would deadlock, and 10,000 children would queue up for their parent. He adds a row in his own
// transaction. Those who claim runs of the queue take the rows and look.
//
// Nothing is lost: a run that begins to wait locks its message first, and looks for causes then. A cause that
// was committed before is seen by that look. One that comes later has its wake drained later, by somebody who
// either gets a lock, and looks at the wait with a newer snapshot, or does not, and puts the wake back. The
// end of the transaction that begins the wait has somebody look again (note_wake). A wake of a run that a
// worker has, and that can be locked, is done with: it has not begun to wait, and will look when it does.
//
// Whoever emits an event does not know all runs that wait for it: some are just beginning to. So he adds a
// wake for the event, and whoever drains that looks for the runs. One that begins to wait, and is not seen by
// him either, has added a wake for itself in the same transaction. That is drained when it waits, and then
// the event is there: he drained its wake while the run was beginning to wait.
#pragma once

#include <cstdint>
#include <span>

#include "engine/table.hpp"
#include "queue/held.hpp"

namespace pgqrs::workflow {

// So many wakes a call of drain_wakes() takes.
inline constexpr std::int64_t kMostWakes = 100;

// Adds a wake for each of the runs of the queue.
void add_wakes(std::int32_t queue_id, std::span<const std::int64_t> runs);

// Adds one for all runs of the queue that wait for the event.
void add_event_wake(std::int32_t queue_id, std::int64_t event);

// Takes wakes of the queue, a bounded number, and makes the runs available that have what they wait for. In
// REPEATABLE READ and SERIALIZABLE it does nothing. Answers how many it was done with. When those are
// any, they should not come back: those that are behind them would never have their turn.
std::int64_t drain_wakes(const queue::Held& held);

}  // namespace pgqrs::workflow
