// The one clock of the queue: the server's, read when asked (not the transaction's start).
#pragma once

#include "core/instant.hpp"

namespace pgqrs::engine {

// Now, shifted by pgqrs.clock_offset (tests).
core::Instant clock_now();
// Start of the current transaction, on the same clock.
core::Instant transaction_start();
// The server's clock, not shifted: for lengths of time.
core::Instant server_clock();
bool is_finite(core::Instant instant);

}  // namespace pgqrs::engine
