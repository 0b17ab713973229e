// When a delayed message comes due, and how far away that may be (pgqrs.max_delay).
#pragma once

#include <string_view>

#include "core/duration.hpp"
#include "core/instant.hpp"

namespace pgqrs::engine {

// Raise invalid_argument for a delay that is negative or over the limit, and for a time beyond the limit.
void check_delay(const core::Span& delay, std::string_view argument = "delay");
void check_due(core::Instant at, std::string_view argument = "at");
// Raises invalid_argument unless a message that lives so long lives at least 1 ms and at most a hundred years.
void check_time_to_live(const core::Span& time);

// Raises invalid_argument for an age that is negative or beyond a hundred years. Answers when somebody was born who has
// that age now.
core::Instant time_of_age(const core::Span& age, std::string_view argument);

}  // namespace pgqrs::engine
