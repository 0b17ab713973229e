// Who waits for messages of a queue in shared memory.
//
// The list is first come, first woken. A commit that makes n messages available takes the first n
// waiters off it. The first in the list also keeps the time: it sleeps until the queue's next event
// (core::next_event), all others until they are woken; whoever becomes the first is nudged to look at
// the clock. Whoever is woken and does not try to take a message passes the wake-up on.
//
// A message stays in the queue until whoever was woken for it, or was told of it, has come to take it.
// The others leave it to them: the first waiter looks into the queue when no such delivery is expected
// any more, or pgqrs.poll_interval after the first of them was. They are only counted, so anybody's
// delivery is one of them.
//
// Call all of these with the slot locked. None raises.
#pragma once

#include <cstdint>

#include "engine/slots.hpp"

namespace pgqrs::engine {

inline constexpr std::int64_t kAllWaiters = INT32_MAX;

// Puts this process at the end of the list.
void add_waiter(Slot& slot);

// Takes this process off the list, if it is in it.
void remove_waiter(Slot& slot);

// Takes up to `count` waiters off the list and wakes them, and expects a delivery of each; not of
// kAllWaiters, for then there is not a message for each.
void wake_waiters(Slot& slot, std::int64_t count);

// Expects a delivery, for somebody has been told of a message. Forgets those that did not come in time.
void expect_delivery(Slot& slot);

// So many deliveries have been made, or will not be.
void settle_expected(Slot& slot, std::int64_t count);

// Until when, at the latest, the first waiter leaves the queue's messages to others, by the server's
// clock; `now` when it does not.
std::int64_t expected_until(const Slot& slot, std::int64_t now);

bool is_first_waiter(const Slot& slot);

// Has the first waiter look at the clock again.
void nudge_first_waiter(Slot& slot);

}  // namespace pgqrs::engine
