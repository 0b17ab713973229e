// Deliveries that failed: another attempt later, or the end.
#pragma once

#include <cstdint>
#include <optional>
#include <span>
#include <string_view>
#include <vector>

#include "core/duration.hpp"
#include "core/instant.hpp"
#include "engine/deliveries.hpp"

namespace pgqrs::queue {

// The labels of the SQL type pgqrs.failure_result, in its order.
enum class FailureResult { retrying, dead, cancelled, lost };

struct FailedMessage {
    FailureResult result = FailureResult::lost;
    std::int16_t attempt = 0;
    core::Instant available_at = core::kNever;  // when it is retried
};

struct FailureTerms {
    // One for all, or one for each delivery.
    std::span<const std::string_view> errors;
    // Whether there shall be another attempt.
    bool retry;
    // Instead of the queue's back-off.
    std::optional<core::Span> delay;
};

// Ends the deliveries as failed and answers what became of each. A message without a lease, and one that
// was delivered again since, count as lost.
std::vector<FailedMessage> fail_batch(std::string_view queue,
                                      std::span<const engine::Delivery> deliveries,
                                      const FailureTerms& terms);

}  // namespace pgqrs::queue
