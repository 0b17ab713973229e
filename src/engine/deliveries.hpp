// A batch of deliveries in the order of ids, so that concurrent calls lock rows in one order; and the
// way back to the caller's order.
#pragma once

#include <cstddef>
#include <span>
#include <vector>

#include "engine/change.hpp"

namespace pgqrs::engine {

// A message, and which delivery of it is meant; without a read_ct, any.
struct Delivery {
    std::int64_t id;
    std::optional<std::int32_t> read_ct;
};

class SortedDeliveries {
public:
    // Raises limit_exceeded for too many.
    explicit SortedDeliveries(std::span<const Delivery> deliveries);

    std::span<const RowKey> keys() const { return keys_; }
    // The caller's index of the delivery at a place in keys().
    std::size_t index(std::size_t place) const { return order_[place]; }

    // Which deliveries, in the caller's order, are among the places in keys().
    std::vector<bool> done(std::span<const std::size_t> places) const;

private:
    std::vector<std::size_t> order_;
    std::vector<RowKey> keys_;
};

}  // namespace pgqrs::engine
