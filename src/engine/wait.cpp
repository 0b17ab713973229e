#include "engine/wait.hpp"

#include <algorithm>

#include "engine/clock.hpp"
#include "engine/settings.hpp"
#include "engine/wait_list.hpp"
#include "pg/guard.hpp"

namespace pgqrs::engine {
namespace {

// The slot whose list this process joined, until it leaves. Others can take it off the list.
constinit Slot* joined = nullptr;

// The clock can be set while a process sleeps. A process that sleeps until an instant looks at the clock
// this often.
constexpr core::Duration kLookAtClock = core::kSecond;

// What a process that joined a list has to wait for.
struct Outlook {
    bool is_woken;
    core::Duration event;  // by elapsed_clock(); INT64_MAX: nothing that it knows of
};

Outlook look_out(Slot& slot) {
    Outlook outlook{true, INT64_MAX};
    lock(slot);
    if (own_seat().waiting == &slot) {
        outlook.is_woken = false;
        if (is_first_waiter(slot)) {
            outlook.event = std::max(elapsed_at(core::next_event(slot.marks)),
                                     expected_until(slot, elapsed_clock()));
        }
    }
    unlock(slot);
    return outlook;
}

// Sleeps until the latch is set or so much time has passed.
void sleep_for(core::Duration time) {
    // Rounded up: waking too early would be in vain.
    const long milliseconds = static_cast<long>(
        std::clamp<std::int64_t>((time + core::kMillisecond - 1) / core::kMillisecond, 0, INT_MAX));
    WaitLatch(MyLatch, WL_LATCH_SET | WL_TIMEOUT | WL_EXIT_ON_PM_DEATH, milliseconds,
              pg::compat::wait_event());
    ResetLatch(MyLatch);
    CHECK_FOR_INTERRUPTS();
}

}  // namespace

Waiting::~Waiting() { abandon_wait(); }

void Waiting::join(QueueMarks& queue) {
    pg::guard([&] {
        Slot* slot = find_slot(queue.key, queue.slot, true);
        // At the first call, too: this wait can be inside of another one's attempt.
        if (joined != slot || queue_ == nullptr) {
            abandon_wait();
        }
        queue_ = &queue;
        was_woken_ = false;
        if (slot != nullptr && lock_if_of(*slot, queue.key)) {
            joined = slot;
            was_woken_ = own_seat().woken_by == slot;
            if (!was_woken_ && own_seat().waiting == nullptr) {
                add_waiter(*slot);
            }
            unlock(*slot);
        }
    });
}

void Waiting::succeed(Message message) {
    // Of who was woken it is expected already.
    if (message == Message::left && joined != nullptr) {
        lock(*joined);
        if (own_seat().woken_by != joined) {
            expect_delivery(*joined);
        }
        unlock(*joined);
    }
    use_wake_up();
}

void Waiting::use_wake_up() {
    // Nobody else writes it: who was woken is not in the list.
    if (was_woken_) {
        own_seat().woken_by = nullptr;
    }
}

void Waiting::sleep(core::Duration deadline, core::Instant own_event) {
    if (was_woken_) {
        use_wake_up();
        return;
    }
    pg::guard([&] {
        const core::Duration began = elapsed_clock();
        const core::Duration safety = began + rescan_interval();
        bool in_vain = true;
        ResetLatch(MyLatch);
        CHECK_FOR_INTERRUPTS();
        for (;;) {
            // Without a slot, and when an event has passed but nothing was found, poll.
            core::Duration until = began + pause_;
            if (joined != nullptr) {
                const Outlook outlook = look_out(*joined);
                if (outlook.is_woken) {
                    in_vain = false;
                    break;
                }
                const core::Duration event = std::min(outlook.event, elapsed_at(own_event));
                in_vain = event <= elapsed_clock();
                until = in_vain ? until : std::max(event, began + core::kMillisecond);
            }
            const core::Duration left = std::min({until, deadline, safety}) - elapsed_clock();
            if (left <= 0) {
                break;
            }
            sleep_for(std::min(left, kLookAtClock));
        }
        pause_ = in_vain ? std::min(pause_ * 2, std::max(poll_interval(), core::kMillisecond))
                         : core::kMillisecond;
    });
}

void abandon_wait() noexcept {
    if (joined == nullptr) {
        return;
    }
    Slot& slot = *joined;
    joined = nullptr;
    lock(slot);
    remove_waiter(slot);
    if (own_seat().woken_by == &slot) {
        own_seat().woken_by = nullptr;
        settle_expected(slot, 1);
        wake_waiters(slot, 1);
    }
    unlock(slot);
}

}  // namespace pgqrs::engine
