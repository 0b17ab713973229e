// See duration.hpp.
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
        return "infinity";
    }
    if (duration == std::numeric_limits<Duration>::min()) {
        return "-infinity";
    }
    const bool negative = duration < 0;
    const Duration size = negative ? -duration : duration;
    const Duration days = size / kDay;
    const Duration seconds = size % kDay / kSecond;
    const Duration fraction = size % kSecond;

    char text[80];
    std::string words = negative ? "-" : "";
    if (days != 0) {
        words += std::to_string(days) + (days == 1 ? " day" : " days");
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

}  // namespace pgqrs::core
