// How long a message waits after a failure before it is delivered again.
#pragma once

#include <cstdint>
#include <optional>
#include <string_view>

#include "core/duration.hpp"

namespace pgqrs::core {

// The labels of the SQL type pgqrs.backoff, in its order.
enum class BackoffKind : std::uint8_t { fixed, linear, exponential };

// The kind of that name, if there is one.
std::optional<BackoffKind> backoff_kind(std::string_view name);
// Raises invalid_argument unless there is one.
void check_backoff_kind(std::string_view name);

inline constexpr std::string_view kDefaultBackoff = "exponential";
inline constexpr Duration kDefaultBackoffBase = kSecond;
inline constexpr Duration kDefaultBackoffCap = 3'600 * kSecond;
inline constexpr double kDefaultBackoffJitter = 0.1;

// Before the n-th next delivery a message waits for
//
//     fixed         base
//     linear        base * n
//     exponential   base * 2^(n-1)
//
// but no longer than the cap. A random part of up to `jitter` of that is taken off, so that messages that
// failed together do not come back together.
struct Backoff {
    BackoffKind kind = BackoffKind::exponential;
    Duration base = kDefaultBackoffBase;
    Duration cap = kDefaultBackoffCap;
    double jitter = kDefaultBackoffJitter;  // 0 to 1
};

// The wait after the failure of that number, from 1. `random` is at least 0 and less than 1.
Duration backoff_delay(const Backoff& backoff, std::int32_t failure, double random);

// Each raises invalid_argument: unless 0 <= base <= cap, and both are finite and no longer than 366 days;
// unless 0 <= jitter <= 1.
void check_backoff_times(Duration base, Duration cap);
void check_backoff_jitter(double jitter);

}  // namespace pgqrs::core
