#include "core/duration.hpp"

#include <algorithm>
#include <cstdio>
#include <limits>

#include "core/error.hpp"

namespace pgqrs::core {
namespace {

constexpr int kDaysPerMonth = 30;

[[noreturn]] void out_of_range(std::string_view argument, Duration value, Duration least,
                               Duration most) {
    throw Error(SqlState::invalid_argument,
                std::string(argument) + " is out of range: " + describe(value),
                "It must be from " + describe(least) + " to " + describe(most) + ".");
}

// "1 day", "-1 day", "2 days".
std::string counted(std::int64_t count, const char* unit) {
    return std::to_string(count) + " " + unit + (count == 1 || count == -1 ? "" : "s");
}

void append(std::string& words, const std::string& more) {
    words += (words.empty() ? "" : " ") + more;
}

}  // namespace

Duration duration_of(std::int32_t months, std::int32_t days, std::int64_t microseconds) {
    using Wide = __int128;
    const Wide sum = (Wide{months} * kDaysPerMonth + days) * kDay + microseconds;
    return static_cast<Duration>(std::clamp<Wide>(sum, std::numeric_limits<Duration>::min(),
                                                  std::numeric_limits<Duration>::max()));
}

void check_delay(Duration delay, std::string_view argument) {
    if (delay < 0) {
        throw Error(SqlState::invalid_argument,
                    std::string(argument) + " must not be negative: " + describe(delay));
    }
    if (delay > kMaxDelay) {
        out_of_range(argument, delay, 0, kMaxDelay);
    }
}

void check_span(const Span& span, Duration length, Duration limit, std::string_view argument,
                std::string_view hint) {
    if (length < 0) {
        throw Error(SqlState::invalid_argument,
                    std::string(argument) + " must not be negative: " + describe(span));
    }
    if (length > limit) {
        throw Error(SqlState::invalid_argument,
                    std::string(argument) + " is out of range: " + describe(span),
                    "It must be from " + describe(Duration{0}) + " to " + describe(limit) + ".",
                    std::string(hint));
    }
}

void check_visibility(Duration vt, std::string_view argument) {
    if (vt <= 0) {
        throw Error(SqlState::invalid_argument,
                    std::string(argument) + " must be greater than zero: " + describe(vt));
    }
    if (vt < kMinVisibility || vt > kMaxVisibility) {
        out_of_range(argument, vt, kMinVisibility, kMaxVisibility);
    }
}

void check_wait(Duration wait, Duration limit) {
    if (wait < 0) {
        throw Error(SqlState::invalid_argument, "wait must not be negative: " + describe(wait));
    }
    if (wait > limit) {
        throw Error(SqlState::limit_exceeded,
                    "wait is " + describe(wait) + ", the limit is " + describe(limit), "",
                    "The limit is the setting pgqrs.max_wait; the procedure pgqrs.wait has none.");
    }
}

std::string describe(Duration duration) {
    if (duration == std::numeric_limits<Duration>::max()) {
        return "more than " + counted(duration / kDay, "day");
    }
    if (duration == std::numeric_limits<Duration>::min()) {
        return "less than " + counted(duration / kDay, "day");
    }
    const bool negative = duration < 0;
    const Duration size = negative ? -duration : duration;
    const Duration days = size / kDay;
    const Duration seconds = size % kDay / kSecond;
    const Duration fraction = size % kSecond;

    char text[80];
    std::string words = negative ? "-" : "";
    if (days != 0) {
        words += counted(days, "day");
        if (size % kDay == 0) {
            return words;
        }
        words += negative ? " -" : " ";
    }
    std::snprintf(text, sizeof text, "%02d:%02d:%02d", static_cast<int>(seconds / 3600),
                  static_cast<int>(seconds / 60 % 60), static_cast<int>(seconds % 60));
    words += text;
    if (fraction != 0) {
        std::snprintf(text, sizeof text, ".%06d", static_cast<int>(fraction));
        words += text;
        words.erase(words.find_last_not_of('0') + 1);
    }
    return words;
}

std::string describe(const Span& span) {
    constexpr std::int32_t kMonthsPerYear = 12;
    using Months = std::numeric_limits<std::int32_t>;
    using Time = std::numeric_limits<std::int64_t>;
    // As PostgreSQL 17 stores infinite intervals.
    if (span.months == Months::max() && span.days == Months::max() &&
        span.microseconds == Time::max()) {
        return "infinity";
    }
    if (span.months == Months::min() && span.days == Months::min() &&
        span.microseconds == Time::min()) {
        return "-infinity";
    }
    std::string words;
    if (span.months / kMonthsPerYear != 0) {
        append(words, counted(span.months / kMonthsPerYear, "year"));
    }
    if (span.months % kMonthsPerYear != 0) {
        append(words, counted(span.months % kMonthsPerYear, "month"));
    }
    const Duration rest = duration_of(0, span.days, span.microseconds);
    if (rest == Time::max() || rest == Time::min()) {
        append(words, counted(span.days, "day"));
        if (span.microseconds != 0) {
            append(words, counted(span.microseconds / kSecond, "second"));
        }
    } else if (rest != 0 || words.empty()) {
        append(words, describe(rest));
    }
    return words;
}

}  // namespace pgqrs::core
