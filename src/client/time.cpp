#include "pgqrs/client/time.hpp"

#include <array>
#include <charconv>
#include <cstdio>
#include <ctime>
#include <limits>
#include <utility>

#include "pgqrs/client/error.hpp"

namespace pgqrs {
namespace {

constexpr std::string_view kDigits = "0123456789.";
constexpr std::string_view kLetters = "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ";

// Microseconds of a unit; 0 for an unknown one.
double unit_of(std::string_view name) {
    constexpr double second = 1e6;
    constexpr std::array<std::pair<std::string_view, double>, 28> units = {{
        {"us", 1},
        {"microsecond", 1},
        {"microseconds", 1},
        {"ms", 1e3},
        {"millisecond", 1e3},
        {"milliseconds", 1e3},
        {"", second},
        {"s", second},
        {"sec", second},
        {"secs", second},
        {"second", second},
        {"seconds", second},
        {"m", 60 * second},
        {"min", 60 * second},
        {"mins", 60 * second},
        {"minute", 60 * second},
        {"minutes", 60 * second},
        {"h", 3600 * second},
        {"hr", 3600 * second},
        {"hour", 3600 * second},
        {"hours", 3600 * second},
        {"d", 86400 * second},
        {"day", 86400 * second},
        {"days", 86400 * second},
        {"w", 7 * 86400 * second},
        {"wk", 7 * 86400 * second},
        {"week", 7 * 86400 * second},
        {"weeks", 7 * 86400 * second},
    }};
    for (const auto& [unit, microseconds] : units) {
        if (unit == name) {
            return microseconds;
        }
    }
    return 0;
}

// Takes the characters of `set` from the front, and blanks before them.
std::string_view take(std::string_view& text, std::string_view set) {
    const auto start = std::min(text.find_first_not_of(' '), text.size());
    auto end = text.find_first_not_of(set, start);
    end = std::min(end, text.size());
    const auto taken = text.substr(start, end - start);
    text.remove_prefix(end);
    return taken;
}

[[noreturn]] void reject(std::string_view text, std::string_view argument) {
    std::string shown(text.substr(0, 40));
    throw InvalidArgument(Error::Parts{
        "PQ010", "invalid duration for " + std::string(argument) + ": \"" + shown + "\"", "",
        "Write a number with a unit, such as 500ms, 30s, 5m, 2h, 7d or 1h30m; without a unit it is "
        "seconds."});
}

}  // namespace

Duration parse_duration(std::string_view text, std::string_view argument) {
    std::string_view rest = text;
    double sum = 0;
    bool any = false;
    bool bare = false;
    while (rest.find_first_not_of(' ') != std::string_view::npos) {
        const auto digits = take(rest, kDigits);
        const auto unit_name = take(rest, kLetters);
        double number = 0;
        const auto [end, problem] =
            std::from_chars(digits.data(), digits.data() + digits.size(), number);
        const double unit = unit_of(unit_name);
        // A number without a unit stands alone: "1h30" could mean minutes or seconds.
        if (problem != std::errc() || end != digits.data() + digits.size() || unit == 0 || bare ||
            (any && unit_name.empty())) {
            reject(text, argument);
        }
        bare = unit_name.empty();
        any = true;
        sum += number * unit;
    }
    if (!any || sum > 9e18) {
        reject(text, argument);
    }
    return Duration(static_cast<Duration::rep>(sum + 0.5));
}

std::string to_interval(Duration duration) {
    return std::to_string(duration.count()) + " microseconds";
}

std::string to_iso8601(TimePoint time) {
    const auto whole = std::chrono::floor<std::chrono::seconds>(time);
    const auto fraction = static_cast<int>((time - whole).count());
    const std::time_t seconds = whole.time_since_epoch().count();
    std::tm parts{};
    if (gmtime_r(&seconds, &parts) == nullptr) {
        return "out of range";
    }
    std::array<char, 80> text{};
    std::snprintf(text.data(), text.size(), "%04d-%02d-%02dT%02d:%02d:%02d.%06dZ",
                  parts.tm_year + 1900, parts.tm_mon + 1, parts.tm_mday, parts.tm_hour,
                  parts.tm_min, parts.tm_sec, fraction);
    return text.data();
}

}  // namespace pgqrs
