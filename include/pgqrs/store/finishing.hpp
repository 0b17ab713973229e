// Finishing deliveries: archive, delete, release, extend. With a read_ct, only the delivery of that
// number is finished: a later one makes the call answer false.
#pragma once

#include <cstdint>
#include <optional>
#include <span>
#include <string_view>
#include <vector>

#include "pgqrs/core/duration.hpp"

namespace pgqrs::store {

struct Delivery {
    std::int64_t id;
    std::optional<std::int32_t> read_ct;
};

// Each answers whether this call did it.
bool archive(std::string_view queue, const Delivery& delivery);
bool remove(std::string_view queue, const Delivery& delivery);
bool release(std::string_view queue, const Delivery& delivery, core::Duration delay);
bool extend_visibility(std::string_view queue, const Delivery& delivery, core::Duration by);

// Each answers whether this call did it, delivery by delivery.
std::vector<bool> archive_batch(std::string_view queue, std::span<const Delivery> deliveries);
std::vector<bool> remove_batch(std::string_view queue, std::span<const Delivery> deliveries);
std::vector<bool> release_batch(std::string_view queue, std::span<const Delivery> deliveries,
                                core::Duration delay);

}  // namespace pgqrs::store
