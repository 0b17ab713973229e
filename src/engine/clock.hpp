// The one clock of the queue: the server's, read when asked (not the transaction's start).
#pragma once

#include <cstdint>

namespace pgqrs::engine {

// Microseconds since 2000-01-01 UTC, as PostgreSQL counts; shifted by pgqrs.clock_offset (tests).
using Timestamp = std::int64_t;

// Before every finite time.
inline constexpr Timestamp kBeginningOfTime = INT64_MIN;

Timestamp clock_now();
// Start of the current transaction, on the same clock.
Timestamp transaction_start();
// The server's clock, not shifted: for lengths of time.
Timestamp server_clock();
bool is_finite(Timestamp timestamp);

}  // namespace pgqrs::engine
