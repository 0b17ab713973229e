#include "engine/wait_list.hpp"
#include "engine/clock.hpp"

#include <algorithm>

#include "engine/settings.hpp"

namespace pgqrs::engine {
namespace {

void unlink(Slot& slot, Seat& leaving) {
    (leaving.previous_waiter == kNone ? slot.first_waiter
                                      : seat(leaving.previous_waiter).next_waiter) =
        leaving.next_waiter;
    (leaving.next_waiter == kNone ? slot.last_waiter : seat(leaving.next_waiter).previous_waiter) =
        leaving.previous_waiter;
    leaving.waiting = nullptr;
}

}  // namespace

void add_waiter(Slot& slot) {
    const int number = pg::compat::process_number();
    Seat& own = own_seat();
    own.waiting = &slot;
    own.latch = MyLatch;
    own.previous_waiter = slot.last_waiter;
    own.next_waiter = kNone;
    (slot.last_waiter == kNone ? slot.first_waiter : seat(slot.last_waiter).next_waiter) = number;
    slot.last_waiter = number;
}

void remove_waiter(Slot& slot) {
    if (own_seat().waiting != &slot) {
        return;
    }
    const bool was_first = is_first_waiter(slot);
    unlink(slot, own_seat());
    if (was_first) {
        nudge_first_waiter(slot);
    }
}

void wake_waiters(Slot& slot, std::int64_t count) {
    if (count <= 0 || slot.first_waiter == kNone) {
        return;
    }
    for (std::int64_t woken = 0; woken < count && slot.first_waiter != kNone; ++woken) {
        Seat& waiter = seat(slot.first_waiter);
        unlink(slot, waiter);
        waiter.woken_by = &slot;
        if (count < kAllWaiters) {
            expect_delivery(slot);
        }
        SetLatch(waiter.latch);
    }
    nudge_first_waiter(slot);
}

void expect_delivery(Slot& slot) {
    const std::int64_t now = elapsed_clock();
    if (expected_until(slot, now) == now) {
        slot.expected = 0;
        slot.expected_since = now;
    }
    ++slot.expected;
}

void settle_expected(Slot& slot, std::int64_t count) {
    if (slot.expected == 0) {
        return;
    }
    slot.expected = std::max<std::int64_t>(slot.expected - count, 0);
    if (slot.expected == 0) {
        nudge_first_waiter(slot);
    }
}

std::int64_t expected_until(const Slot& slot, std::int64_t now) {
    return slot.expected == 0 ? now : std::max(slot.expected_since + poll_interval(), now);
}

bool is_first_waiter(const Slot& slot) { return slot.first_waiter == pg::compat::process_number(); }

void nudge_first_waiter(Slot& slot) {
    if (slot.first_waiter != kNone) {
        SetLatch(seat(slot.first_waiter).latch);
    }
}

}  // namespace pgqrs::engine
