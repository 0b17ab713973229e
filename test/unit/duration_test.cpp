// Lengths of time: conversion from an interval's parts, saturation, range checks and wording.
#include <cstdint>
#include <limits>
#include <string>

#include "catch.hpp"
#include "core/duration.hpp"
#include "raised.hpp"

namespace core = pgqrs::core;
using core::Duration;
using core::Error;
using core::kDay;
using core::kMillisecond;
using core::kSecond;
using core::SqlState;

namespace {

constexpr Duration kLongest = std::numeric_limits<Duration>::max();
constexpr Duration kShortest = std::numeric_limits<Duration>::min();
constexpr std::int32_t kMaxInt = std::numeric_limits<std::int32_t>::max();
constexpr std::int32_t kMinInt = std::numeric_limits<std::int32_t>::min();
// The days that just fit into a duration.
constexpr std::int32_t kMostDays = 106'751'991;

}  // namespace

TEST_CASE("durations are microseconds") {
    CHECK(kMillisecond == 1'000);
    CHECK(kSecond == 1'000'000);
    CHECK(kDay == 86'400'000'000);
}

TEST_CASE("delays and leases have the documented limits") {
    CHECK(core::kMaxDelay == 36'525 * kDay);
    CHECK(core::kMinVisibility == kMillisecond);
    CHECK(core::kMaxVisibility == 366 * kDay);
}

TEST_CASE("each part of an interval counts") {
    CHECK(core::duration_of(0, 0, 0) == 0);
    CHECK(core::duration_of(0, 0, 1) == 1);
    CHECK(core::duration_of(0, 1, 0) == kDay);
    CHECK(core::duration_of(1, 0, 0) == 30 * kDay);
    CHECK(core::duration_of(12, 0, 0) == 360 * kDay);
    CHECK(core::duration_of(1, 2, 3) == 32 * kDay + 3);
    CHECK(core::duration_of(-1, -2, -3) == -32 * kDay - 3);
}

TEST_CASE("parts of mixed signs are added up") {
    CHECK(core::duration_of(1, -30, 0) == 0);
    CHECK(core::duration_of(1, -31, 0) == -kDay);
    CHECK(core::duration_of(-1, 31, 0) == kDay);
    CHECK(core::duration_of(0, 1, -1) == kDay - 1);
    CHECK(core::duration_of(0, -1, 1) == 1 - kDay);
    CHECK(core::duration_of(0, -1, 2 * kDay) == kDay);
    CHECK(core::duration_of(0, 0, kLongest) == kLongest);
    CHECK(core::duration_of(0, 0, kShortest) == kShortest);
    CHECK(core::duration_of(0, -1, kLongest) == kLongest - kDay);
    CHECK(core::duration_of(0, 1, kShortest) == kShortest + kDay);
}

TEST_CASE("months and days whose sum exceeds 32 bits are added up") {
    // -71,582,789 months are -2,147,483,670 days.
    CHECK(core::duration_of(-71'582'789, kMaxInt, 0) == -23 * kDay);
    CHECK(core::duration_of(71'582'789, kMinInt, 0) == 22 * kDay);
}

TEST_CASE("a duration that is too long is as long as possible") {
    CHECK(core::duration_of(0, kMostDays, 0) == kMostDays * kDay);
    CHECK(core::duration_of(0, kMostDays + 1, 0) == kLongest);
    CHECK(core::duration_of(0, kMostDays, kLongest - kMostDays * kDay) == kLongest);
    CHECK(core::duration_of(0, kMostDays, kLongest - kMostDays * kDay - 1) == kLongest - 1);
    CHECK(core::duration_of(0, kMostDays, kLongest - kMostDays * kDay + 1) == kLongest);
    CHECK(core::duration_of(0, 1, kLongest) == kLongest);
    CHECK(core::duration_of(1, 0, kLongest) == kLongest);
    CHECK(core::duration_of(kMaxInt, 0, 0) == kLongest);
    CHECK(core::duration_of(kMaxInt, kMinInt, kShortest) == kLongest);
    // 'infinity' of PostgreSQL 17.
    CHECK(core::duration_of(kMaxInt, kMaxInt, kLongest) == kLongest);
}

TEST_CASE("a negative duration that is too long is as long as possible") {
    CHECK(core::duration_of(0, -kMostDays, 0) == -kMostDays * kDay);
    CHECK(core::duration_of(0, -kMostDays - 1, 0) == kShortest);
    CHECK(core::duration_of(0, -kMostDays, kShortest + kMostDays * kDay) == kShortest);
    CHECK(core::duration_of(0, -kMostDays, kShortest + kMostDays * kDay + 1) == kShortest + 1);
    CHECK(core::duration_of(0, -kMostDays, kShortest + kMostDays * kDay - 1) == kShortest);
    CHECK(core::duration_of(0, -1, kShortest) == kShortest);
    CHECK(core::duration_of(-1, 0, kShortest) == kShortest);
    CHECK(core::duration_of(kMinInt, 0, 0) == kShortest);
    CHECK(core::duration_of(kMinInt, kMaxInt, kLongest) == kShortest);
    // '-infinity' of PostgreSQL 17.
    CHECK(core::duration_of(kMinInt, kMinInt, kShortest) == kShortest);
}

TEST_CASE("days that are too many alone do not saturate when microseconds bring the sum back") {
    // One day more than fits, minus the longest time: 19 hours, 59 minutes and a bit.
    const Duration beyond = kDay - (kLongest - kMostDays * kDay);
    CHECK(core::duration_of(0, kMostDays + 1, -kLongest) == beyond);
    CHECK(core::duration_of(0, -kMostDays - 1, kLongest) == -beyond);
}

TEST_CASE("the delay is 0 to a hundred years") {
    CHECK_NOTHROW(core::check_delay(0, "delay"));
    CHECK_NOTHROW(core::check_delay(1, "delay"));
    CHECK_NOTHROW(core::check_delay(core::kMaxDelay, "delay"));
}

TEST_CASE("a negative delay is refused and named") {
    const Error error = raised([] { core::check_delay(-1, "older_than"); });
    CHECK(error.state() == SqlState::invalid_argument);
    CHECK(error.message() == "older_than must not be negative: -00:00:00.000001");
    CHECK(raised([] { core::check_delay(kShortest, "delay"); }).message() ==
          "delay must not be negative: less than -106751991 days");
}

TEST_CASE("a delay over the limit is refused with value and limits") {
    const Error error = raised([] { core::check_delay(core::kMaxDelay + 1, "delay"); });
    CHECK(error.state() == SqlState::invalid_argument);
    CHECK(error.message() == "delay is out of range: 36525 days 00:00:00.000001");
    CHECK(error.detail() == "It must be from 00:00:00 to 36525 days.");
    CHECK(raised([] { core::check_delay(kLongest, "delay"); }).message() ==
          "delay is out of range: more than 106751991 days");
}

TEST_CASE("the visibility timeout is 1 ms to 366 days") {
    CHECK_NOTHROW(core::check_visibility(core::kMinVisibility, "vt"));
    CHECK_NOTHROW(core::check_visibility(30 * kSecond, "vt"));
    CHECK_NOTHROW(core::check_visibility(core::kMaxVisibility, "vt"));
}

TEST_CASE("a visibility timeout of zero or less is refused and named") {
    const Error zero = raised([] { core::check_visibility(0, "vt"); });
    CHECK(zero.state() == SqlState::invalid_argument);
    CHECK(zero.message() == "vt must be greater than zero: 00:00:00");
    const Error negative = raised([] { core::check_visibility(-kSecond, "by"); });
    CHECK(negative.state() == SqlState::invalid_argument);
    CHECK(negative.message() == "by must be greater than zero: -00:00:01");
    CHECK(raised([] { core::check_visibility(kShortest, "vt"); }).message() ==
          "vt must be greater than zero: less than -106751991 days");
}

TEST_CASE("a visibility timeout beyond a limit is refused with value and limits") {
    const std::string limits = "It must be from 00:00:00.001 to 366 days.";
    const Error small = raised([] { core::check_visibility(core::kMinVisibility - 1, "vt"); });
    CHECK(small.state() == SqlState::invalid_argument);
    CHECK(small.message() == "vt is out of range: 00:00:00.000999");
    CHECK(small.detail() == limits);
    CHECK(raised([] { core::check_visibility(1, "vt"); }).message() ==
          "vt is out of range: 00:00:00.000001");
    const Error big = raised([] { core::check_visibility(core::kMaxVisibility + 1, "vt"); });
    CHECK(big.state() == SqlState::invalid_argument);
    CHECK(big.message() == "vt is out of range: 366 days 00:00:00.000001");
    CHECK(big.detail() == limits);
    CHECK(raised([] { core::check_visibility(kLongest, "vt"); }).message() ==
          "vt is out of range: more than 106751991 days");
}

TEST_CASE("durations are described as times of a day, with the fraction they need") {
    CHECK(core::describe(0) == "00:00:00");
    CHECK(core::describe(1) == "00:00:00.000001");
    CHECK(core::describe(10) == "00:00:00.00001");
    CHECK(core::describe(kMillisecond) == "00:00:00.001");
    CHECK(core::describe(500 * kMillisecond) == "00:00:00.5");
    CHECK(core::describe(999'999) == "00:00:00.999999");
    CHECK(core::describe(kSecond) == "00:00:01");
    CHECK(core::describe(10 * kSecond) == "00:00:10");
    CHECK(core::describe(59 * kSecond) == "00:00:59");
    CHECK(core::describe(60 * kSecond) == "00:01:00");
    CHECK(core::describe(3'599 * kSecond) == "00:59:59");
    CHECK(core::describe(3'600 * kSecond) == "01:00:00");
    CHECK(core::describe(36'000 * kSecond) == "10:00:00");
    CHECK(core::describe(3'661 * kSecond + 20 * kMillisecond) == "01:01:01.02");
    CHECK(core::describe(kDay - 1) == "23:59:59.999999");
}

TEST_CASE("days are counted, and whole days have no time") {
    CHECK(core::describe(kDay) == "1 day");
    CHECK(core::describe(2 * kDay) == "2 days");
    CHECK(core::describe(366 * kDay) == "366 days");
    CHECK(core::describe(kDay + 1) == "1 day 00:00:00.000001");
    CHECK(core::describe(kDay + 7'384 * kSecond + 500 * kMillisecond) == "1 day 02:03:04.5");
    CHECK(core::describe(3 * kDay - 1) == "2 days 23:59:59.999999");
    CHECK(core::describe(100 * kDay + 3'600 * kSecond) == "100 days 01:00:00");
}

TEST_CASE("negative durations have the sign on days and time") {
    CHECK(core::describe(-1) == "-00:00:00.000001");
    CHECK(core::describe(-kSecond) == "-00:00:01");
    CHECK(core::describe(1 - kDay) == "-23:59:59.999999");
    CHECK(core::describe(-kDay) == "-1 day");
    CHECK(core::describe(-2 * kDay) == "-2 days");
    CHECK(core::describe(-kDay - 7'384 * kSecond) == "-1 day -02:03:04");
    CHECK(core::describe(-3 * kDay - 500 * kMillisecond) == "-3 days -00:00:00.5");
}

TEST_CASE("the ends of the range stand for what is beyond, their neighbours are exact") {
    CHECK(core::describe(kLongest) == "more than 106751991 days");
    CHECK(core::describe(kShortest) == "less than -106751991 days");
    CHECK(core::describe(kLongest - 1) == "106751991 days 04:00:54.775806");
    CHECK(core::describe(kShortest + 1) == "-106751991 days -04:00:54.775807");
}

TEST_CASE("spans are described in their parts") {
    CHECK(core::describe(core::Span{}) == "00:00:00");
    CHECK(core::describe(core::Span{12, 0, 0}) == "1 year");
    CHECK(core::describe(core::Span{1, 0, 0}) == "1 month");
    CHECK(core::describe(core::Span{14, 3, kSecond}) == "1 year 2 months 3 days 00:00:01");
    CHECK(core::describe(core::Span{-12, 0, -kSecond}) == "-1 year -00:00:01");
    CHECK(core::describe(core::Span{1, -31, 0}) == "1 month -31 days");
    CHECK(core::describe(core::Span{0, 1, -25 * 3'600 * kSecond}) == "-01:00:00");
    CHECK(core::describe(core::Span{2'136'000'000, 0, 0}) == "178000000 years");
    CHECK(core::describe(core::Span{0, kMaxInt, 1}) == "2147483647 days 0 seconds");
    CHECK(core::describe(core::Span{kMaxInt, kMaxInt, kLongest}) == "infinity");
    CHECK(core::describe(core::Span{kMinInt, kMinInt, kShortest}) == "-infinity");
}

TEST_CASE("a span is checked by its length and named by its parts, with the limit and the hint") {
    const core::Span year{12, 0, 0};
    CHECK_NOTHROW(core::check_span(year, 366 * kDay, 366 * kDay, "delay"));
    CHECK_NOTHROW(core::check_span(core::Span{}, 0, 0, "delay"));
    const Error big =
        raised([&] { core::check_span(year, 366 * kDay + 1, 366 * kDay, "delay", "Raise it."); });
    CHECK(big.state() == SqlState::invalid_argument);
    CHECK(big.message() == "delay is out of range: 1 year");
    CHECK(big.detail() == "It must be from 00:00:00 to 366 days.");
    CHECK(big.hint() == "Raise it.");
    const Error negative = raised([&] {
        core::check_span(core::Span{-12, 0, 0}, -kDay, 366 * kDay, "older_than");
    });
    CHECK(negative.state() == SqlState::invalid_argument);
    CHECK(negative.message() == "older_than must not be negative: -1 year");
    CHECK(negative.hint().empty());
}
