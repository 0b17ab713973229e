// See clock.hpp.
#include "engine/clock.hpp"

#include "pg/compat.hpp"
#include "engine/settings.hpp"

namespace pgqrs::engine {

Timestamp clock_now() { return GetCurrentTimestamp() + clock_offset(); }

Timestamp transaction_start() { return GetCurrentTransactionStartTimestamp() + clock_offset(); }

Timestamp server_clock() { return GetCurrentTimestamp(); }

bool is_finite(Timestamp timestamp) { return !TIMESTAMP_NOT_FINITE(timestamp); }

}  // namespace pgqrs::engine
