// Waiting until a queue may have a message to deliver.
//
// With shared memory the process sleeps in the queue's list of waiters (wait_list.hpp); otherwise it
// sleeps for a moment, and twice as long each time, up to pgqrs.poll_interval. Cancel, termination,
// timeouts and the end of the server end a sleep at once, as an error.
#pragma once

#include "core/duration.hpp"
#include "engine/marks.hpp"

namespace pgqrs::engine {

// One wait, of several attempts to find a message with a sleep after each that failed:
//
//     while (waiting.join(marks), !attempt()) { waiting.sleep(deadline, own_event); }
//     waiting.succeed(taken);
class Waiting {
public:
    Waiting() = default;
    // Leaves the list; passes a wake-up on that was not used.
    ~Waiting();
    Waiting(const Waiting&) = delete;
    Waiting& operator=(const Waiting&) = delete;

    // Call before each attempt: messages that come from then on end the sleep. A process that was woken
    // first makes one attempt outside of the list.
    void join(QueueMarks& queue);

    // Sleeps until a message may be there, at the latest until the deadline, by elapsed_clock().
    // own_event: when, on the queue's clock, a message may be there that only the caller's transaction
    // can see. Nobody else would wake the process for it.
    void sleep(core::Duration deadline, core::Instant own_event);

    // The last attempt found what it looked for, and took it; or leaves that to the caller.
    enum class Message { taken, left };
    void succeed(Message message);

    // The one joined last.
    const QueueMarks* queue() const { return queue_; }

private:
    void use_wake_up();

    QueueMarks* queue_ = nullptr;
    bool was_woken_ = false;                     // before the attempt under way
    core::Duration pause_ = core::kMillisecond;  // of a poll
};

// What ~Waiting does, for a transaction that ends without it. Never raises.
void abandon_wait() noexcept;

}  // namespace pgqrs::engine
