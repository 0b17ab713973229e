// How much is in a queue: the arithmetic of its counts.
//
// Each count is a sum over rows. A row contributes what its own columns say, never what the clock
// says. So a change of a row changes the counts by what the new row counts less what the old one
// did, in whatever order changes are added up. Counting anew is one pass over the rows.
#pragma once

#include <cstdint>

#include "core/message.hpp"

namespace pgqrs::core {

// What there is, or what a transaction changed about it. Plain data: lives in shared memory, too.
struct QueueCounts {
    std::int64_t messages = 0;
    std::int64_t leased = 0;   // those with a lease, which may have run out
    std::int64_t delayed = 0;  // put off when enqueued or released, and not delivered or made
                               // available since
    std::int64_t parked = 0;   // those that wait for somebody to wake them
    std::int64_t archived = 0;
    std::int64_t finished = 0;
    std::int64_t discarded = 0;
    // When the newest message was enqueued. A message that goes does not take it back.
    Instant newest = kBeginning;

    void add(const QueueCounts& other);
    void add_message(const Message& message);
    void remove_message(const Message& message);

    std::int64_t total_enqueued() const { return messages + archived + finished + discarded; }
    std::int64_t total_finished() const { return archived + finished; }
};

// So many times as much; the newest stays.
QueueCounts times(const QueueCounts& counts, std::int64_t factor);

// Whether it counts as delayed.
bool is_put_off(const Message& message);

// In a queue of up to so many messages, looking at each is as quick as anything.
inline constexpr std::int64_t kFewMessages = 1000;

}  // namespace pgqrs::core
