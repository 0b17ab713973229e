// Range checks of scalar arguments and sizes. Every error names the limit and the value.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>

namespace pgqrs::core {

inline constexpr int kHighestPriority = 0;
inline constexpr int kLowestPriority = 9;
inline constexpr int kDefaultPriority = 5;
inline constexpr int kPriorities = kLowestPriority - kHighestPriority + 1;
inline constexpr int kDefaultMaxPayloadBytes = 1024 * 1024;
inline constexpr int kDefaultMaxBatch = 10'000;
inline constexpr int kDefaultMaxDelayMinutes = 366 * 24 * 60;
// Rows that a list shows when it is not told how many.
inline constexpr int kDefaultPage = 100;
inline constexpr std::int32_t kUnlimitedDeliveries = INT32_MAX;
inline constexpr std::int32_t kDefaultMaxAttempts = 25;
inline constexpr std::int32_t kMostAttempts = INT16_MAX;

// Raises invalid_argument unless the priority is 0 to 9.
void check_priority(std::int64_t priority);

// Raises invalid_argument unless quantity >= 1, limit_exceeded when it is over `limit`.
void check_quantity(std::int64_t quantity, std::int64_t limit);

// Raises limit_exceeded when a call brings more than `limit` items.
void check_batch_size(std::int64_t size, std::int64_t limit);

// Raises payload_rejected when `bytes` is over `limit`. `subject` is "payload" or "payload 3".
void check_payload_size(std::int64_t bytes, std::int64_t limit, std::string_view subject);

// Raises invalid_argument unless the value fits the type integer.
std::int32_t integer_of(std::int64_t value, std::string_view argument);

// Raises invalid_argument unless max_deliveries is at least 1 and fits the type integer.
void check_max_deliveries(std::int64_t max_deliveries);

// Raises invalid_argument unless max_attempts is from 0 (no limit) to kMostAttempts.
void check_max_attempts(std::int64_t max_attempts);

}  // namespace pgqrs::core
