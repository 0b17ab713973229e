#include "engine/delay.hpp"

#include <algorithm>

#include "core/error.hpp"
#include "engine/clock.hpp"
#include "engine/settings.hpp"
#include "pg/calendar.hpp"

namespace pgqrs::engine {
namespace {

constexpr const char* kHint = "The limit is the setting pgqrs.max_delay.";

// `from` subtracted from `to`, which may be infinite.
core::Duration between(core::Instant from, core::Instant to) {
    return to == core::kNever || to == core::kBeginning ? to : to - from;
}

// A limit in days ends at the same time of day, also where the clocks are changed on the way.
core::Instant farthest(core::Instant now) {
    const core::Duration limit = max_delay();
    const auto days = static_cast<std::int32_t>(limit / core::kDay);
    return std::max(now + limit, pg::after(now, {0, days, limit % core::kDay}));
}

}  // namespace

void check_delay(const core::Span& delay, std::string_view argument) {
    if (delay.is_zero()) {
        return;
    }
    const core::Instant now = clock_now();
    const core::Instant due = pg::after(now, delay);
    const core::Duration length = between(now, due);
    const core::Duration limit = max_delay();
    core::check_span(delay, due <= farthest(now) ? std::min(length, limit) : length, limit,
                     argument, kHint);
}

void check_due(core::Instant at, std::string_view argument) {
    const core::Instant now = clock_now();
    if (at > farthest(now)) {
        throw core::Error(core::SqlState::invalid_argument,
                          std::string(argument) + " is out of range: " + pg::describe(at),
                          "That is " + core::describe(at - now) + " from now; the limit is " +
                              core::describe(max_delay()) + ".",
                          kHint);
    }
}

void check_time_to_live(const core::Span& time) {
    const core::Instant now = clock_now();
    const core::Duration length = between(now, pg::after(now, time));
    core::check_span(time, length, core::kMaxDelay, "expires_after");
    if (length < core::kMillisecond) {
        throw core::Error(core::SqlState::invalid_argument, "expires_after must be at least 1 ms");
    }
}

core::Instant time_of_age(const core::Span& age, std::string_view argument) {
    const core::Instant now = clock_now();
    const core::Instant then = pg::before(now, age);
    core::check_span(age,
                     then == core::kBeginning ? core::kNever
                     : then == core::kNever   ? core::kBeginning
                                              : now - then,
                     core::kMaxDelay, argument);
    return then;
}

}  // namespace pgqrs::engine
