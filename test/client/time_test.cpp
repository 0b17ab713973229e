// Durations and times as text.
#include "support.hpp"

using namespace std::chrono_literals;
using pgqrs::Duration;
using pgqrs::parse_duration;
using pgqrs::TimePoint;

TEST_CASE("durations are read in all their spellings") {
    const std::vector<std::pair<std::string, Duration>> cases = {
        {"30", 30s},       {"0", 0s},         {"1.5", 1500ms},
        {"1.5s", 1500ms},  {"250ms", 250ms},  {"7us", 7us},
        {"5m", 5min},      {"2h", 2h},        {"7d", 24h * 7},
        {"1h30m", 90min},  {"1h 30m", 90min}, {"1 h", 1h},
        {"  10s ", 10s},   {"0.25s", 250ms},  {"1d1s", 24h + 1s},
        {"0.000001", 1us}, {".5s", 500ms},    {"100000000", 100000000s},
    };
    for (const auto& [text, expected] : cases) {
        INFO(text);
        CHECK(parse_duration(text, "delay").count() == expected.count());
    }
}

TEST_CASE("what is no duration is refused with the name of the argument") {
    for (const std::string text :
         {"",         " ",         "s",      "ms",    "-5",
          "-5s",      "5 parsecs", "1.5.2s", "1e3",   "0x10",
          "1h30",     "5s!",       "nan",    "inf",   ".",
          "--1",      "1,5s",      "+5s",    "5s-3s", "99999999999999999999d",
          "infinity", "\xd9\xa1s", "1s\n"}) {
        INFO(text);
        const auto error =
            test::raised<pgqrs::InvalidArgument>([&] { parse_duration(text, "--delay"); });
        CHECK(error.sqlstate() == "PQ010");
        CHECK_THAT(error.what(), test::has("--delay"));
    }
    CHECK(test::argument_error([] { parse_duration(std::string_view("5\0s", 3), "delay"); }) ==
          "PQ010");
}

TEST_CASE("intervals are whole microseconds") {
    CHECK(pgqrs::to_interval(1500ms) == "1500000 microseconds");
    CHECK(pgqrs::to_interval(0s) == "0 microseconds");
    CHECK(pgqrs::to_interval(24h * 36525) == "3155760000000000 microseconds");
}

TEST_CASE("times are printed in UTC with microseconds") {
    CHECK(pgqrs::to_iso8601(TimePoint(0us)) == "1970-01-01T00:00:00.000000Z");
    CHECK(pgqrs::to_iso8601(TimePoint(1795262400s + 123456us)) == "2026-11-21T12:00:00.123456Z");
    CHECK(pgqrs::to_iso8601(TimePoint(-1us)) == "1969-12-31T23:59:59.999999Z");
}
