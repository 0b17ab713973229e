// See waiting.hpp.
#include "pgqrs/pg/waiting.hpp"

#include <algorithm>

#include "pgqrs/pg/guard.hpp"
#include "pgqrs/pg/settings.hpp"
#include "pgqrs/pg/waiters.hpp"

namespace pgqrs::pg {
namespace {

// Nothing is known to come.
constexpr std::int64_t kNoEvent = core::kNever;

// When the queue's next event is, for this process to wait for, on the queue's clock; in the past
// when it has been woken.
std::int64_t next_event(Slot& slot, const QueueKey& key) {
    if (!lock_if_of(slot, key)) {
        return core::kBeginning;
    }
    std::int64_t event = core::kBeginning;
    if (own_seat().waiting == &slot) {
        event = is_first_waiter(slot) ? core::next_event(slot.marks) : kNoEvent;
    }
    unlock(slot);
    return event;
}

bool is_woken() { return own_seat().waiting == nullptr; }

// Sleeps until the latch is set or the time has come.
void sleep_until(std::int64_t time) {
    const std::int64_t left = time - GetCurrentTimestamp();
    // Rounded up: waking too early would be in vain.
    const long milliseconds = static_cast<long>(
        std::clamp<std::int64_t>((left + core::kMillisecond - 1) / core::kMillisecond, 0, INT_MAX));
    WaitLatch(MyLatch, WL_LATCH_SET | WL_TIMEOUT | WL_EXIT_ON_PM_DEATH, milliseconds,
              compat::wait_event());
    ResetLatch(MyLatch);
    CHECK_FOR_INTERRUPTS();
}

}  // namespace

Waiting::~Waiting() { abandon_wait(); }

void Waiting::join(QueueMarks& queue) {
    queue_ = &queue;
    if (!has_shared_memory()) {
        return;
    }
    guard([&] {
        Slot* slot = find_slot(queue.key, queue.slot, true);
        Seat& own = own_seat();
        if (own.waiting != nullptr && own.waiting != slot) {
            abandon_wait();
        }
        was_woken_ = slot != nullptr && own.woken_by == slot;
        if (slot != nullptr && !was_woken_ && own.waiting == nullptr &&
            lock_if_of(*slot, queue.key)) {
            add_waiter(*slot);
            unlock(*slot);
        }
    });
}

void Waiting::succeed() {
    if (was_woken_) {
        own_seat().woken_by = nullptr;
    }
}

void Waiting::sleep(std::int64_t deadline) {
    if (was_woken_) {
        own_seat().woken_by = nullptr;
        return;
    }
    guard([&] {
        const std::int64_t began = GetCurrentTimestamp();
        const std::int64_t safety = began + rescan_interval();
        bool in_vain = true;
        ResetLatch(MyLatch);
        CHECK_FOR_INTERRUPTS();
        for (;;) {
            // Without a slot, and when an event has passed but nothing was found, poll.
            std::int64_t until = began + pause_;
            if (has_shared_memory() && queue_->slot != nullptr) {
                const std::int64_t event = next_event(*queue_->slot, queue_->key);
                if (event == core::kBeginning && is_woken()) {
                    in_vain = false;
                    break;
                }
                in_vain = event <= clock_now();
                const std::int64_t to_event = event == kNoEvent ? kNoEvent : event - clock_offset();
                until = in_vain ? until : std::max(to_event, began + core::kMillisecond);
            }
            until = std::min({until, deadline, safety});
            if (GetCurrentTimestamp() >= until) {
                break;
            }
            sleep_until(until);
        }
        pause_ = in_vain ? std::min(pause_ * 2, std::max(poll_interval(), core::kMillisecond))
                         : core::kMillisecond;
    });
}

void abandon_wait() noexcept {
    if (!has_shared_memory()) {
        return;
    }
    Seat& own = own_seat();
    if (Slot* slot = own.waiting; slot != nullptr) {
        if (lock_if_of(*slot, slot->key)) {
            remove_waiter(*slot);
            unlock(*slot);
        }
    }
    if (Slot* slot = own.woken_by; slot != nullptr) {
        own.woken_by = nullptr;
        if (lock_if_of(*slot, slot->key)) {
            wake_waiters(*slot, 1);
            unlock(*slot);
        }
    }
}

}  // namespace pgqrs::pg
