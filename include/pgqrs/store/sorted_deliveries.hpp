// A batch of deliveries as a statement takes it: two parallel arrays in the order of ids, so that
// concurrent calls lock rows in one order; and the way back to the caller's order.
#pragma once

#include <cstddef>
#include <memory>
#include <vector>

#include "pgqrs/pg/rows.hpp"
#include "pgqrs/store/finishing.hpp"

namespace pgqrs::store {

class SortedDeliveries {
public:
    // Raises limit_exceeded for too many.
    explicit SortedDeliveries(const std::vector<Delivery>& deliveries);

    pg::Value ids() const;
    pg::Value read_cts() const;

    // Which deliveries, in the caller's order, are among the places (counted from 1) that a statement
    // answered in a column.
    std::vector<bool> done(const pg::Rows& rows, int place_column = 1) const;

private:
    int size() const { return static_cast<int>(order_.size()); }

    std::vector<std::size_t> order_;
    std::vector<Datum> ids_;
    std::vector<Datum> read_cts_;
    std::unique_ptr<bool[]> nulls_;
};

}  // namespace pgqrs::store
