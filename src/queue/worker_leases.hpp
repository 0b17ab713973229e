// Ending the leases that workers have on messages, as release() does.
#pragma once

#include <cstdint>
#include <span>

#include "engine/access.hpp"
#include "engine/change.hpp"

namespace pgqrs::queue {

// How much of a queue is walked: all, or in each priority until ten thousand messages in a row were nobody's.
enum class Walked { bounded, all };
// Whether the deliveries count against max_deliveries.
enum class Counted { yes, no };

struct LeaseTerms {
    Walked walked;
    Counted counted;
    bool skip_locked = true;
};

struct EndedLeases {
    std::int64_t done = 0;
    std::int64_t left = 0;  // somebody else has them locked, or was faster
};

// Walks the messages of the queue in the order of delivery. `workers` are sorted.
EndedLeases end_leases(const engine::Access& queue, std::span<const std::int64_t> workers,
                       const LeaseTerms& terms);

// Of these messages alone, for workers that are dead; answers how many. Both are sorted by id. It waits for
// nobody.
std::int64_t end_leases_of_dead(const engine::Access& queue, std::span<const std::int64_t> workers,
                                std::span<const engine::RowKey> messages);

}  // namespace pgqrs::queue
