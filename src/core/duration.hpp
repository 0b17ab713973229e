// Lengths of time: conversion from PostgreSQL's interval parts, range checks, and wording.
// In a Duration a month counts as 30 days and a day as 24 hours, as when PostgreSQL compares intervals. A Span keeps the
// parts, for calendar arithmetic.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>

namespace pgqrs::core {

// Microseconds.
using Duration = std::int64_t;

inline constexpr Duration kMillisecond = 1'000;
inline constexpr Duration kSecond = 1'000 * kMillisecond;
inline constexpr Duration kDay = 86'400 * kSecond;
inline constexpr Duration kMaxDelay = 36'525 * kDay;  // a hundred years
inline constexpr Duration kDefaultVisibility = 30 * kSecond;
inline constexpr Duration kMinVisibility = kMillisecond;
inline constexpr Duration kMaxVisibility = 366 * kDay;

// An interval in its parts. How long months and days are depends on where they begin.
struct Span {
    std::int32_t months = 0;
    std::int32_t days = 0;
    std::int64_t microseconds = 0;

    bool is_zero() const { return months == 0 && days == 0 && microseconds == 0; }
};

// Months, days and microseconds as one duration; saturates instead of overflowing, so an infinite
// interval (PostgreSQL 17) comes out longer than every limit.
Duration duration_of(std::int32_t months, std::int32_t days, std::int64_t microseconds);

// Raises invalid_argument unless 0 <= delay <= kMaxDelay. `argument` names it in the error.
void check_delay(Duration delay, std::string_view argument);

// The same for a span that is `length` long where it lies, with a limit and the hint how to raise it.
void check_span(const Span& span, Duration length, Duration limit, std::string_view argument,
                std::string_view hint = {});

// Raises invalid_argument unless kMinVisibility <= vt <= kMaxVisibility.
void check_visibility(Duration vt, std::string_view argument);

// Raises invalid_argument for a negative wait, limit_exceeded for one longer than `limit`.
void check_wait(Duration wait, Duration limit);

// "1 day 02:03:04.5", "-00:00:01": for error messages. The ends of the range stand for all that lies beyond.
std::string describe(Duration duration);
// "1 year 2 months 1 day 02:03:04.5".
std::string describe(const Span& span);

}  // namespace pgqrs::core
