// A batch of deliveries in the order of ids, so that concurrent calls lock rows in one order; and the
// way back to the caller's order.
#pragma once

#include <cstddef>
#include <span>
#include <vector>

#include "pgqrs/pg/modify.hpp"
#include "pgqrs/store/finishing.hpp"

namespace pgqrs::store {

class SortedDeliveries {
public:
    // Raises limit_exceeded for too many.
    explicit SortedDeliveries(std::span<const Delivery> deliveries);

    std::span<const pg::RowKey> keys() const { return keys_; }

    // As two parallel arrays, for statements.
    pg::Value ids() const;
    pg::Value read_cts() const;

    // Which deliveries, in the caller's order, are among the places in keys().
    std::vector<bool> done(std::span<const std::size_t> places) const;

private:
    std::vector<std::size_t> order_;
    std::vector<pg::RowKey> keys_;
};

}  // namespace pgqrs::store
