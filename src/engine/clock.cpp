
#include "engine/clock.hpp"

#include "pg/compat.hpp"
#include "engine/settings.hpp"

namespace pgqrs::engine {

core::Instant clock_now() { return GetCurrentTimestamp() + clock_offset(); }

core::Instant transaction_start() { return GetCurrentTransactionStartTimestamp() + clock_offset(); }

core::Instant server_clock() { return GetCurrentTimestamp(); }

bool is_finite(core::Instant instant) { return !TIMESTAMP_NOT_FINITE(instant); }

}  // namespace pgqrs::engine
