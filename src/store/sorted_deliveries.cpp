// See sorted_deliveries.hpp.
#include "pgqrs/store/sorted_deliveries.hpp"

#include <algorithm>
#include <numeric>

#include "pgqrs/core/limits.hpp"
#include "pgqrs/pg/settings.hpp"

namespace pgqrs::store {

SortedDeliveries::SortedDeliveries(const std::vector<Delivery>& deliveries)
    : order_(deliveries.size()),
      ids_(deliveries.size()),
      read_cts_(deliveries.size()),
      nulls_(std::make_unique<bool[]>(deliveries.size())) {
    core::check_batch_size(static_cast<std::int64_t>(deliveries.size()), pg::max_batch_size());
    std::iota(order_.begin(), order_.end(), std::size_t{0});
    std::stable_sort(order_.begin(), order_.end(), [&](std::size_t a, std::size_t b) {
        return deliveries[a].id < deliveries[b].id;
    });
    for (std::size_t i = 0; i < order_.size(); ++i) {
        const Delivery& delivery = deliveries[order_[i]];
        const pg::Value read_ct = pg::int4(delivery.read_ct);
        ids_[i] = pg::int8(delivery.id).datum;
        read_cts_[i] = read_ct.datum;
        nulls_[i] = read_ct.null;
    }
}

pg::Value SortedDeliveries::ids() const {
    return pg::array_of(INT8OID, ids_.data(), nullptr, size());
}

pg::Value SortedDeliveries::read_cts() const {
    return pg::array_of(INT4OID, read_cts_.data(), nulls_.get(), size());
}

std::vector<bool> SortedDeliveries::done(const pg::Rows& rows, int place_column) const {
    std::vector<bool> result(order_.size(), false);
    for (std::uint64_t i = 0; i < rows.count(); ++i) {
        result[order_[static_cast<std::size_t>(rows.int8(i, place_column)) - 1]] = true;
    }
    return result;
}

}  // namespace pgqrs::store
