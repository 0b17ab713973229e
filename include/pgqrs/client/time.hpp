// Times as the client library has them: the precision of PostgreSQL.
//
// Threads: functions without state. ABI: Duration and TimePoint stay as they are within a major version.
#pragma once

#include <chrono>
#include <string>
#include <string_view>

namespace pgqrs {

using Duration = std::chrono::microseconds;
using TimePoint = std::chrono::time_point<std::chrono::system_clock, Duration>;

// "2026-11-21T12:00:00.123456Z"
std::string to_iso8601(TimePoint time);

// The same back, also with an offset ("+02:00") instead of Z and with fewer digits. Raises InvalidArgument (PQ010) naming
// `argument` for anything else.
TimePoint parse_iso8601(std::string_view text, std::string_view argument);

// "1.5s", "250ms", "30", "5m", "2h", "7d", "1h30m"; a number alone is seconds. Raises InvalidArgument (PQ010) naming
// `argument` for anything else, and for negative ones.
Duration parse_duration(std::string_view text, std::string_view argument);

// An interval in PostgreSQL's words: "1500000 microseconds".
std::string to_interval(Duration duration);

}  // namespace pgqrs
