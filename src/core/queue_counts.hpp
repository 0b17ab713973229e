// How much is in a queue: the arithmetic of its counts.
//
// Each count is a sum over rows, of which each contributes what its own columns say, never what the
// clock says. So a change of a row changes the counts by what the new row counts less what the old
// one did, in whatever order changes are added up; and to count anew is one pass over the rows.
#pragma once

#include <array>
#include <cstdint>

#include "core/limits.hpp"

namespace pgqrs::core {

// Microseconds, on the clock of available_at.
using Instant = std::int64_t;
inline constexpr Instant kBeginning = INT64_MIN;
inline constexpr Instant kNever = INT64_MAX;

using Instants = std::array<Instant, kPriorities>;

// The times of a message's row; kBeginning for those it has not.
struct MessageTimes {
    Instant enqueued_at;
    Instant available_at;
    Instant lease_end;
    Instant delivered_at;
};

// What there is, or what a transaction changed about it. Plain data: lives in shared memory, too.
struct QueueCounts {
    std::int64_t messages = 0;
    std::int64_t leased = 0;   // those with a lease, which may have run out
    std::int64_t delayed = 0;  // put off when enqueued or released, and not delivered since
    std::int64_t archived = 0;
    std::int64_t finished = 0;
    std::int64_t discarded = 0;
    // When the newest message was enqueued. A message that goes does not take it back.
    Instant newest = kBeginning;

    void add(const QueueCounts& other);
    void add_message(const MessageTimes& of);
    void remove_message(const MessageTimes& of);

    std::int64_t total_enqueued() const { return messages + archived + finished + discarded; }
    std::int64_t total_finished() const { return archived + finished; }
};

// So many times as much; the newest stays.
QueueCounts times(const QueueCounts& counts, std::int64_t factor);

// Whether it counts as delayed.
bool is_put_off(const MessageTimes& times);

// In a queue of up to so many messages, looking at each is as quick as anything.
inline constexpr std::int64_t kFewMessages = 1000;

}  // namespace pgqrs::core
