// How many messages a queue may hold: the arithmetic of its limit, max_messages.
//
// A transaction reserves room for what it adds, before it adds it, and gives the room back when it ends; by then the
// messages are in the queue's counts, or gone. So at every moment
//
//     messages that others can see  <=  messages by the counts + reserved room
//
// and as long as an enqueue keeps the right side within the limit, the left side is. What a transaction has deleted in
// the queue before makes room for itself alone: it needs no more than it adds in the end. If a rollback to a savepoint
// takes the deletion back, it takes back, too, what was enqueued after it.
#pragma once

#include <cstdint>

namespace pgqrs::core {

// The room that a (sub)transaction has reserved in a queue. Plain data.
struct Reservation {
    std::int64_t messages = 0;
    std::uint32_t tenancy = 0;  // of the Depth it is in

    // What it reserved in an earlier tenancy is void.
    void add(const Reservation& later);
    // What of it counts in that tenancy.
    std::int64_t in(std::uint32_t current) const { return tenancy == current ? messages : 0; }
};

// The reserved room of a queue. Plain data: lives in shared memory.
struct Depth {
    std::int64_t open = 0;      // by transactions under way
    std::int64_t prepared = 0;  // by prepared ones: nobody here sees their end
    std::uint32_t tenancy = 1;

    std::int64_t reserved() const { return open + prepared; }

    Reservation reserve(std::int64_t room);
    void give_back(const Reservation& reservation);
    void prepare(const Reservation& reservation);
    // Voids all reservations.
    void renew();
};

// How much room a transaction needs beyond what it has reserved, to add so many messages to a queue in which it has
// added or deleted `change` so far.
constexpr std::int64_t room_needed(std::int64_t change, std::int64_t reserved, std::int64_t adds) {
    return change + adds > reserved ? change + adds - reserved : 0;
}

}  // namespace pgqrs::core
