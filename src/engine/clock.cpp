#include "engine/clock.hpp"

#include "engine/settings.hpp"
#include "pg/compat.hpp"

namespace pgqrs::engine {

core::Instant clock_now() { return GetCurrentTimestamp() + clock_offset(); }

core::Instant transaction_start() { return GetCurrentTransactionStartTimestamp() + clock_offset(); }

bool is_finite(core::Instant instant) { return !TIMESTAMP_NOT_FINITE(instant); }

core::Duration elapsed_clock() {
    instr_time now;
    INSTR_TIME_SET_CURRENT(now);
    return static_cast<core::Duration>(INSTR_TIME_GET_MICROSEC(now));
}

core::Duration elapsed_at(core::Instant instant) {
    if (instant == core::kNever) {
        return INT64_MAX;
    }
    const core::Instant now = clock_now();
    return elapsed_clock() + (instant > now ? instant - now : 0);
}

}  // namespace pgqrs::engine
