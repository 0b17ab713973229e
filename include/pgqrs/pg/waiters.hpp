// Who waits for messages of a queue in shared memory.
//
// The list is first come, first woken. A commit that makes n messages available takes the first n
// waiters off it. The first in the list also keeps the time: it sleeps until the queue's next event
// (core::next_event), all others until they are woken; whoever becomes the first is nudged to look at
// the clock. Whoever is woken and does not try to take a message passes the wake-up on.
//
// Call all of these with the slot locked. None raises.
#pragma once

#include <cstdint>

#include "pgqrs/pg/shared_memory.hpp"

namespace pgqrs::pg {

inline constexpr std::int64_t kAllWaiters = INT32_MAX;

// Puts this process at the end of the list.
void add_waiter(Slot& slot);

// Takes this process off the list, if it is in it.
void remove_waiter(Slot& slot);

// Takes up to `count` waiters off the list and wakes them.
void wake_waiters(Slot& slot, std::int64_t count);

bool is_first_waiter(const Slot& slot);

// Has the first waiter look at the clock again.
void nudge_first_waiter(Slot& slot);

}  // namespace pgqrs::pg
