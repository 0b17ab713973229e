// What a row says of its message, and the one place that decides what state the message is in.
#pragma once

#include <compare>
#include <cstdint>

#include "core/instant.hpp"

namespace pgqrs::core {

// A place in the order of delivery within a priority. An instant stands for the place before all
// messages that become available then.
struct Position {
    Instant available_at;
    std::int64_t id;

    constexpr Position(Instant instant = kBeginning, std::int64_t message = INT64_MIN)
        : available_at(instant), id(message) {}
    constexpr auto operator<=>(const Position&) const = default;
};

// Flags of a message, as its row keeps them.
inline constexpr std::int16_t kMadeAvailable = 1;  // a release ended its delay

// One version of a row. A time that the row has not is kBeginning.
struct Message {
    std::int64_t id;
    std::int32_t queue_id;
    std::int32_t priority;
    std::int32_t read_ct;
    std::int16_t flags;
    Instant enqueued_at;
    Instant available_at;
    Instant lease_end;
    Instant delivered_at;

    Position position() const { return {available_at, id}; }
};

// What holds for all messages of a queue.
struct DeliveryRule {
    std::int32_t max_deliveries;
};

enum class State {
    pending,    // it can be delivered
    delayed,    // it becomes available later
    in_flight,  // somebody has a lease on it
    exhausted,  // it has used up its deliveries
};

struct Verdict {
    State state;
    // When a message that is delayed or in flight can be delivered at the earliest; kNever for one
    // that is exhausted.
    Instant until;

    bool operator==(const Verdict&) const = default;
};

// The state of a message at `now`. A lease counts first, then the deliveries, then the delay.
Verdict classify(const Message& message, const DeliveryRule& rule, Instant now);

}  // namespace pgqrs::core
