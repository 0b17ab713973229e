// Finishing deliveries: archive, delete, release, extend. With a read_ct, only the delivery of that
// number is finished: a later one makes the call answer false.
#pragma once

#include <cstdint>
#include <optional>
#include <span>
#include <string_view>
#include <vector>

#include "core/duration.hpp"
#include "engine/deliveries.hpp"
#include "queue/held.hpp"

namespace pgqrs::queue {

// Each answers whether this call did it.
bool archive(std::string_view queue, const engine::Delivery& delivery);
bool remove(std::string_view queue, const engine::Delivery& delivery);
bool release(std::string_view queue, const engine::Delivery& delivery, const core::Span& delay);
bool extend_visibility(std::string_view queue, const engine::Delivery& delivery, core::Duration by);

// Each answers whether this call did it, delivery by delivery.
std::vector<bool> archive_batch(std::string_view queue,
                                std::span<const engine::Delivery> deliveries);
// The same as a part of a larger call.
std::vector<bool> archive_batch(const Held& held, const engine::SortedDeliveries& deliveries);
std::vector<bool> remove_batch(std::string_view queue,
                               std::span<const engine::Delivery> deliveries);
std::vector<bool> release_batch(std::string_view queue,
                                std::span<const engine::Delivery> deliveries,
                                const core::Span& delay);

// For those who ask for an error instead of the answer false: raises lease_lost.
[[noreturn]] void raise_lease_lost(std::string_view queue, const engine::Delivery& delivery);
// Raises lease_lost unless all were done; names those that were not.
void require_all(std::string_view queue, std::span<const engine::Delivery> deliveries,
                 const std::vector<bool>& done);

}  // namespace pgqrs::queue
