// See waiters.hpp.
#include "pgqrs/pg/waiters.hpp"

namespace pgqrs::pg {
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
    const int number = compat::process_number();
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
        SetLatch(waiter.latch);
    }
    nudge_first_waiter(slot);
}

bool is_first_waiter(const Slot& slot) { return slot.first_waiter == compat::process_number(); }

void nudge_first_waiter(Slot& slot) {
    if (slot.first_waiter != kNone) {
        SetLatch(seat(slot.first_waiter).latch);
    }
}

}  // namespace pgqrs::pg
