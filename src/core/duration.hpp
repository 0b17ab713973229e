// Lengths of time: conversion from PostgreSQL's interval parts, range checks, and wording.
// A month counts as 30 days and a day as 24 hours, as when PostgreSQL compares intervals.
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

// Months, days and microseconds as one duration; saturates instead of overflowing, so an infinite
// interval (PostgreSQL 17) comes out longer than every limit.
Duration duration_of(std::int32_t months, std::int32_t days, std::int64_t microseconds);

// Raises invalid_argument unless 0 <= delay <= kMaxDelay. `argument` names it in the error.
void check_delay(Duration delay, std::string_view argument);

// Raises invalid_argument unless kMinVisibility <= vt <= kMaxVisibility.
void check_visibility(Duration vt, std::string_view argument);

// Raises invalid_argument for a negative wait, limit_exceeded for one longer than `limit`.
void check_wait(Duration wait, Duration limit);

// "1 day 02:03:04.5", "-00:00:01": for error messages.
std::string describe(Duration duration);

}  // namespace pgqrs::core
