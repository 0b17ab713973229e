// The processes that wait for messages of a queue in shared memory.
//
// The list is first come, first woken. A commit that makes n messages available takes the first n
// waiters off it. The first in the list also keeps the time: it sleeps until the queue's next event
// (core::next_event). All others sleep until they are woken. A process that becomes the first is nudged
// to look at the clock. A process that is woken and does not try to take a message passes the wake-up
// on.
//
// A message stays in the queue until the process that was woken for it, or told of it, takes it. Until
// then a delivery is expected, and the first waiter leaves the queue's messages alone. It looks into the
// queue when no delivery is expected any more, or pgqrs.poll_interval after the first one was expected.
// Expected deliveries are only counted: a delivery by any process is one of them.
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

// Takes up to `count` waiters off the list and wakes them. Expects a delivery of each, unless count is
// kAllWaiters: then there need not be a message for each.
void wake_waiters(Slot& slot, std::int64_t count);

// Expects a delivery, because a process has been told of a message. Forgets deliveries that did not come
// in time.
void expect_delivery(Slot& slot);

// `count` expected deliveries have been made, or will not be made.
void settle_expected(Slot& slot, std::int64_t count);

// The time, by elapsed_clock(), until which the first waiter leaves the queue's messages to others; `now`
// when it does not leave them.
std::int64_t expected_until(const Slot& slot, std::int64_t now);

bool is_first_waiter(const Slot& slot);

// Has the first waiter look at the clock again.
void nudge_first_waiter(Slot& slot);

}  // namespace pgqrs::engine
