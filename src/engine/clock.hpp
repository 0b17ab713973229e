// Two clocks. Points in time are those of the server's clock, which somebody can set. Lengths of time are
// measured by one that only goes forward.
#pragma once

#include "core/duration.hpp"
#include "core/instant.hpp"

namespace pgqrs::engine {

// Now by the server's clock, read when asked (not the transaction's start), shifted by
// pgqrs.clock_offset (tests).
core::Instant clock_now();
// Start of the current transaction, on the same clock.
core::Instant transaction_start();
bool is_finite(core::Instant instant);

// Time that has passed since some moment, the same for all processes of the server. Setting the server's
// clock does not change it. For deadlines, pauses and rests.
core::Duration elapsed_clock();

// When, by elapsed_clock(), the server's clock will show the instant if nobody sets it; now, for an instant
// that has passed; INT64_MAX for core::kNever.
core::Duration elapsed_at(core::Instant instant);

}  // namespace pgqrs::engine
