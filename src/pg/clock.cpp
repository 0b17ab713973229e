// See clock.hpp.
#include "pgqrs/pg/clock.hpp"

#include "pgqrs/pg/compat.hpp"
#include "pgqrs/pg/settings.hpp"

namespace pgqrs::pg {

Timestamp clock_now() { return GetCurrentTimestamp() + clock_offset(); }

Timestamp transaction_start() { return GetCurrentTransactionStartTimestamp() + clock_offset(); }

Timestamp server_clock() { return GetCurrentTimestamp(); }

bool is_finite(Timestamp timestamp) { return !TIMESTAMP_NOT_FINITE(timestamp); }

}  // namespace pgqrs::pg
