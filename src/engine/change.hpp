// Removing messages and changing them where they are, by id and delivery: directly, when the table is
// plain and that means the same as SQL, and by a statement when it is not.
#pragma once

#include <cstdint>
#include <optional>
#include <span>
#include <vector>

#include "engine/table.hpp"
#include "engine/deliveries.hpp"

namespace pgqrs::engine {

// Messages that were removed, as they were. Values point into the memory that was current.
class RemovedMessages {
public:
    std::size_t count() const { return places_.size(); }
    // Where their deliveries stand in SortedDeliveries::keys().
    std::span<const std::size_t> places() const { return places_; }
    const pg::Value& at(std::size_t row, MessageColumn::Place column) const {
        return cells_[row * MessageColumn::count + column];
    }

    // For those who remove.
    void resize(std::size_t count) {
        places_.resize(count);
        cells_.resize(count * MessageColumn::count);
    }
    std::size_t* mutable_places() { return places_.data(); }
    pg::Value* mutable_cells() { return cells_.data(); }

private:
    std::vector<std::size_t> places_;
    std::vector<pg::Value> cells_;
};

// All of these take the messages of a queue that still are in the given deliveries, and wait for
// whoever is changing one of them. The caller holds the queue.

// `wanted` says whether headers and payload are kept.
RemovedMessages remove_messages(const MessageTable& table, std::int32_t queue_id,
                                const SortedDeliveries& deliveries, Values wanted);

// The following two answer which deliveries they found, as places in SortedDeliveries::keys().

// Ends the lease. Available at a point in time, or else at once: then one that already was available
// keeps its place in the order of delivery.
std::vector<std::size_t> release_messages(const MessageTable& table, std::int32_t queue_id,
                                          const SortedDeliveries& deliveries,
                                          std::optional<Timestamp> available_at);

// Moves the end of the lease; leaves messages without one alone.
std::vector<std::size_t> extend_messages(const MessageTable& table, std::int32_t queue_id,
                                         const SortedDeliveries& deliveries, Timestamp lease_end);

}  // namespace pgqrs::engine
