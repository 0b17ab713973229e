#include "engine/deliveries.hpp"

#include <algorithm>
#include <numeric>

#include "core/limits.hpp"
#include "engine/settings.hpp"

namespace pgqrs::engine {

SortedDeliveries::SortedDeliveries(std::span<const Delivery> deliveries)
    : order_(deliveries.size()), keys_(deliveries.size()) {
    core::check_batch_size(static_cast<std::int64_t>(deliveries.size()), max_batch_size());
    std::iota(order_.begin(), order_.end(), std::size_t{0});
    const auto before = [&](std::size_t a, std::size_t b) {
        return deliveries[a].id < deliveries[b].id;
    };
    if (!std::is_sorted(order_.begin(), order_.end(), before)) {
        std::stable_sort(order_.begin(), order_.end(), before);
    }
    for (std::size_t i = 0; i < order_.size(); ++i) {
        const Delivery& delivery = deliveries[order_[i]];
        keys_[i] = {delivery.id, delivery.read_ct};
    }
}

std::vector<bool> SortedDeliveries::done(std::span<const std::size_t> places) const {
    std::vector<bool> result(order_.size(), false);
    for (const std::size_t place : places) {
        result[order_[place]] = true;
    }
    return result;
}

}  // namespace pgqrs::engine
