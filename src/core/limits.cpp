#include "core/limits.hpp"

#include <utility>

#include "core/error.hpp"

namespace pgqrs::core {

void check_priority(std::int64_t priority) {
    if (priority < kHighestPriority || priority > kLowestPriority) {
        throw Error(SqlState::invalid_argument,
                    "priority is out of range: " + std::to_string(priority),
                    "It must be from 0 (delivered first) to 9.");
    }
}

void check_quantity(std::int64_t quantity, std::int64_t limit) {
    if (quantity < 1) {
        throw Error(SqlState::invalid_argument,
                    "qty must be at least 1: " + std::to_string(quantity));
    }
    check_batch_size(quantity, limit);
}

void check_batch_size(std::int64_t size, std::int64_t limit) {
    if (size > limit) {
        throw Error(
            SqlState::limit_exceeded,
            "batch of " + std::to_string(size) + " is over the limit of " + std::to_string(limit),
            "", "Split the batch, or raise pgqrs.max_batch_size.");
    }
}

void check_payload_size(std::int64_t bytes, std::int64_t limit, std::string_view subject) {
    if (bytes > limit) {
        throw Error(SqlState::payload_rejected,
                    std::string(subject) + " has " + std::to_string(bytes) +
                        " bytes, over the limit of " + std::to_string(limit),
                    "The size is that of the jsonb value before compression.",
                    "Store large data elsewhere and enqueue a reference to it, or raise "
                    "pgqrs.max_payload_size.");
    }
}

std::int32_t integer_of(std::int64_t value, std::string_view argument) {
    if (!std::in_range<std::int32_t>(value)) {
        throw Error(SqlState::invalid_argument,
                    std::string(argument) + " is out of range: " + std::to_string(value),
                    "It must be from " + std::to_string(INT32_MIN) + " to " +
                        std::to_string(INT32_MAX) + ".");
    }
    return static_cast<std::int32_t>(value);
}

void check_max_deliveries(std::int64_t max_deliveries) {
    if (max_deliveries < 1) {
        throw Error(SqlState::invalid_argument,
                    "max_deliveries must be at least 1: " + std::to_string(max_deliveries));
    }
    if (max_deliveries > INT32_MAX) {
        throw Error(SqlState::invalid_argument,
                    "max_deliveries is out of range: " + std::to_string(max_deliveries),
                    "It must be from 1 to " + std::to_string(INT32_MAX) + ".");
    }
}

void check_max_attempts(std::int64_t max_attempts) {
    if (max_attempts < 0 || max_attempts > kMostAttempts) {
        throw Error(SqlState::invalid_argument,
                    "max_attempts is out of range: " + std::to_string(max_attempts),
                    "It must be from 0 (no limit) to " + std::to_string(kMostAttempts) + ".");
    }
}

}  // namespace pgqrs::core
