// Points in time: microseconds since 2000-01-01 UTC, as PostgreSQL counts them.
#pragma once

#include <cstdint>

namespace pgqrs::core {

using Instant = std::int64_t;

// Before and after every finite time.
inline constexpr Instant kBeginning = INT64_MIN;
inline constexpr Instant kNever = INT64_MAX;

}  // namespace pgqrs::core
