// See waiting.hpp.
#include "engine/wait.hpp"

#include <algorithm>

#include "pg/guard.hpp"
#include "engine/settings.hpp"
#include "engine/wait_list.hpp"

namespace pgqrs::engine {
namespace {

// The slot whose list this process joined, until it leaves. Others can take it off the list.
constinit Slot* joined = nullptr;

// What a process that joined a list has to wait for.
struct Outlook {
    bool is_woken;
    std::int64_t event;  // on the queue's clock; core::kNever: nothing that it knows of
};

Outlook look_out(Slot& slot) {
    Outlook outlook{true, core::kNever};
    lock(slot);
    if (own_seat().waiting == &slot) {
        outlook.is_woken = false;
        if (is_first_waiter(slot)) {
            const std::int64_t now = GetCurrentTimestamp();
            outlook.event =
                std::max(core::next_event(slot.marks), expected_until(slot, now) + clock_offset());
        }
    }
    unlock(slot);
    return outlook;
}

// From the queue's clock to the server's.
std::int64_t by_server_clock(core::Instant instant) {
    return instant == core::kNever ? instant : instant - clock_offset();
}

// Sleeps until the latch is set or the time has come.
void sleep_until(std::int64_t time) {
    const std::int64_t left = time - GetCurrentTimestamp();
    // Rounded up: waking too early would be in vain.
    const long milliseconds = static_cast<long>(
        std::clamp<std::int64_t>((left + core::kMillisecond - 1) / core::kMillisecond, 0, INT_MAX));
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

void Waiting::sleep(std::int64_t deadline, core::Instant own_event) {
    if (was_woken_) {
        use_wake_up();
        return;
    }
    pg::guard([&] {
        const std::int64_t began = GetCurrentTimestamp();
        const std::int64_t safety = began + rescan_interval();
        bool in_vain = true;
        ResetLatch(MyLatch);
        CHECK_FOR_INTERRUPTS();
        for (;;) {
            // Without a slot, and when an event has passed but nothing was found, poll.
            std::int64_t until = began + pause_;
            if (joined != nullptr) {
                const Outlook outlook = look_out(*joined);
                if (outlook.is_woken) {
                    in_vain = false;
                    break;
                }
                const core::Instant event = std::min(outlook.event, own_event);
                in_vain = event <= clock_now();
                until =
                    in_vain ? until : std::max(by_server_clock(event), began + core::kMillisecond);
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
