// Reading times; see time.hpp.
#include <algorithm>
#include <charconv>

#include "pgqrs/client/error.hpp"
#include "pgqrs/client/time.hpp"

namespace pgqrs {
namespace {

// Takes exactly `length` digits from the front; -1 when they are not there.
int take_digits(std::string_view& text, std::size_t length) {
    int value = -1;
    const auto digits = text.substr(0, length);
    if (digits.size() == length && digits.find_first_not_of("0123456789") == digits.npos) {
        std::from_chars(digits.data(), digits.data() + length, value);
        text.remove_prefix(length);
    }
    return value;
}

bool take(std::string_view& text, std::string_view expected) {
    const bool there = text.starts_with(expected);
    text.remove_prefix(there ? expected.size() : 0);
    return there;
}

// ".5", ".123456" or nothing, in microseconds; -1 when there is a point without digits or with more than six.
int take_fraction(std::string_view& text) {
    if (!take(text, ".")) {
        return 0;
    }
    const auto length = std::min(text.find_first_not_of("0123456789"), text.size());
    if (length == 0 || length > 6) {
        return -1;
    }
    int value = take_digits(text, length);
    for (auto place = length; place < 6; ++place) {
        value *= 10;
    }
    return value;
}

// Minutes east of Greenwich.
bool take_offset(std::string_view& text, int& minutes) {
    if (take(text, "Z")) {
        minutes = 0;
        return true;
    }
    const int sign = take(text, "+") ? 1 : take(text, "-") ? -1 : 0;
    const int hours = take_digits(text, 2);
    take(text, ":");
    const int rest = take_digits(text, 2);
    minutes = sign * (hours * 60 + rest);
    return sign != 0 && hours >= 0 && hours <= 15 && rest >= 0 && rest <= 59;
}

}  // namespace

TimePoint parse_iso8601(std::string_view text, std::string_view argument) {
    std::string_view rest = text;
    const int year = take_digits(rest, 4);
    bool good = take(rest, "-");
    const int month = take_digits(rest, 2);
    good = good && take(rest, "-");
    const int day = take_digits(rest, 2);
    good = good && (take(rest, "T") || take(rest, " "));
    const int hour = take_digits(rest, 2);
    good = good && take(rest, ":");
    const int minute = take_digits(rest, 2);
    good = good && take(rest, ":");
    const int second = take_digits(rest, 2);
    const int fraction = good ? take_fraction(rest) : -1;
    int offset = 0;
    good = good && fraction >= 0 && take_offset(rest, offset) && rest.empty();
    const std::chrono::year_month_day date(std::chrono::year(year),
                                           std::chrono::month(static_cast<unsigned>(month)),
                                           std::chrono::day(static_cast<unsigned>(day)));
    if (!good || !date.ok() || hour < 0 || hour > 23 || minute < 0 || minute > 59 || second < 0 ||
        second > 59) {
        throw InvalidArgument(Error::Parts{
            "PQ010",
            "invalid time for " + std::string(argument) + ": \"" + std::string(text.substr(0, 40)) +
                "\"",
            "", "Write it as 2026-11-21T12:00:00Z, or with an offset such as +02:00."});
    }
    return TimePoint(std::chrono::sys_days(date).time_since_epoch() + std::chrono::hours(hour) +
                     std::chrono::minutes(minute - offset) + std::chrono::seconds(second) +
                     Duration(fraction));
}

}  // namespace pgqrs
