// Counting messages by looking at each row.
#pragma once

#include <cstdint>
#include <unordered_map>

#include "core/message.hpp"
#include "core/queue_counts.hpp"
#include "engine/table.hpp"
#include "pg/snapshot.hpp"

namespace pgqrs::engine {

// What there is of one queue. `counts` has what rows say of themselves, the rest depends on the clock.
struct Census {
    core::DeliveryRule rule;
    core::QueueCounts counts{};
    std::int64_t pending = 0;
    std::int64_t in_flight = 0;
    std::int64_t delayed = 0;
    std::int64_t parked = 0;
    std::int64_t exhausted = 0;
    core::Instant oldest_pending = core::kNever;  // when it became available

    void add(const core::Message& message, core::Instant now);
};

// Counts the messages of one queue, of the rows that the snapshot shows. Raises 42501 without SELECT.
void count_queue(const Table& table, std::int32_t queue_id, Snapshot snapshot, core::Instant now,
                 Census& census);

// Counts the messages of all queues that have an element, in one pass over the table.
using Censuses = std::unordered_map<std::int32_t, Census>;
void count_queues(const Table& table, Snapshot snapshot, core::Instant now, Censuses& censuses);

}  // namespace pgqrs::engine
