// What a row says of its message, and the one place that decides what state the message is in.
#pragma once

#include <compare>
#include <cstddef>
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
inline constexpr std::int16_t kToBeCancelled = 2;  // somebody asked for its end while it was leased
inline constexpr std::int16_t kAttemptBegan = 4;   // the server has begun to execute the run

// The priority of a parked message. No walk enters it.
inline constexpr std::int32_t kParked = -1;

// One version of a row. A time that the row has not is kBeginning.
struct Message {
    std::int64_t id;
    std::int32_t queue_id;
    std::int32_t priority;
    std::int32_t read_ct;
    std::int32_t given_back = 0;  // deliveries that do not count against max_deliveries
    std::int16_t flags;
    std::int16_t attempt = 0;  // failures so far
    Instant enqueued_at;
    Instant available_at;
    Instant lease_end;
    Instant delivered_at;
    Instant expires_at = kBeginning;  // kBeginning: never
    std::int64_t worker_id = 0;       // who got it last; 0: somebody without a name

    Position position() const { return {available_at, id}; }
    bool is_parked() const { return priority == kParked; }
};

// What holds for all messages of a queue.
struct DeliveryRule {
    std::int32_t max_deliveries;
    // Workers whose leases have ended, sorted. The caller keeps them.
    const std::int64_t* dead_workers = nullptr;
    std::size_t dead_count = 0;

    bool is_dead(std::int64_t worker_id) const;
};

enum class State {
    pending,    // it can be delivered
    parked,     // it waits for somebody to wake it, whatever the time
    delayed,    // it becomes available later
    in_flight,  // somebody has a lease on it
    cancelled,  // somebody asked for its end
    exhausted,  // it has used up its deliveries
    expired,    // nobody wants it any more
};

// Whether a message in this state is on its way out: it is never delivered again, and whoever meets it may
// take it out of the queue.
constexpr bool is_leaving(State state) {
    return state == State::cancelled || state == State::exhausted || state == State::expired;
}

// Why a message leaves its queue. The labels of the SQL type pgqrs.outcome, in its order.
enum class Outcome { done, dead, cancelled, expired };

// The outcome of a message that leaves because of its state.
constexpr Outcome outcome_of(State state) {
    return state == State::cancelled ? Outcome::cancelled
           : state == State::expired ? Outcome::expired
                                     : Outcome::dead;
}

struct Verdict {
    State state;
    // When a message that is delayed or in flight can be delivered at the earliest; kNever for one
    // that is parked or leaving.
    Instant until;

    bool operator==(const Verdict&) const = default;
};

// Whether somebody has a lease at `now`: it has not run out, and its worker is not dead.
bool is_leased(const Message& message, const DeliveryRule& rule, Instant now);

// The state of a message at `now`. A lease counts first, then what makes it leave, then the parking, then
// the delay.
Verdict classify(const Message& message, const DeliveryRule& rule, Instant now);

}  // namespace pgqrs::core
