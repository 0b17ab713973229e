// The scale of a timeline.
#include "cli/timeline/scale.hpp"

#include <algorithm>
#include <array>
#include <cmath>
#include <cstdint>
#include <cstdio>

namespace pgqrs::cli {
namespace {

constexpr std::int64_t kMillisecond = 1'000;
constexpr std::int64_t kSecond = 1'000'000;
constexpr std::int64_t kMinute = 60 * kSecond;
constexpr std::int64_t kHour = 60 * kMinute;
constexpr std::int64_t kDay = 24 * kHour;
constexpr std::int64_t kYear = 365 * kDay;

struct Unit {
    std::int64_t length;
    const char* name;
};
// Those that two of are shown of, the longest first.
constexpr std::array kUnits = {Unit{kYear, "y"}, Unit{kDay, "d"}, Unit{kHour, "h"},
                               Unit{kMinute, "m"}, Unit{kSecond, "s"}};

// Distances between marks that people count in.
constexpr std::array kSteps = {
    1 * kSecond, 2 * kSecond, 5 * kSecond, 10 * kSecond, 15 * kSecond, 30 * kSecond,
    1 * kMinute, 2 * kMinute, 5 * kMinute, 10 * kMinute, 15 * kMinute, 30 * kMinute,
    1 * kHour,   2 * kHour,   3 * kHour,   6 * kHour,    12 * kHour,   1 * kDay,
    2 * kDay,    5 * kDay,    10 * kDay,   20 * kDay,    50 * kDay,    100 * kDay,
};

// The next of 1, 2, 5, 10, 20, 50...
double next_round(double step) {
    const double power = std::pow(10, std::floor(std::log10(step) + 1e-9));
    const double digit = std::round(step / power);
    return power * (digit < 2 ? 2 : digit < 5 ? 5 : 10);
}

double next_step(double step) {
    if (step < static_cast<double>(kSteps.front())) {
        return next_round(step);
    }
    const auto next = std::upper_bound(kSteps.begin(), kSteps.end(), step);
    if (next != kSteps.end()) {
        return static_cast<double>(*next);
    }
    const double years = step / static_cast<double>(kYear);
    return static_cast<double>(kYear) * (years < 1 ? 1 : next_round(years));
}

// Three digits at least: "1.25", "12.5", "125".
std::string three_digits(std::int64_t count, std::int64_t unit) {
    const double value = static_cast<double>(count) / static_cast<double>(unit);
    const int decimals = value < 10 ? 2 : value < 100 ? 1 : 0;
    // Rounded down, as 999.9 ms is not yet a second.
    const double power = std::pow(10, decimals);
    std::array<char, 32> text{};
    std::snprintf(text.data(), text.size(), "%.*f", decimals,
                  std::floor(value * power + 1e-9) / power);
    std::string result = text.data();
    if (decimals > 0) {
        result.erase(result.find_last_not_of('0') + 1);
        result.erase(result.find_last_not_of('.') + 1);
    }
    return result;
}

}  // namespace

Scale::Scale(TimePoint start, TimePoint end, std::size_t columns)
    : start_(start),
      length_(static_cast<double>(std::max<Duration::rep>(1, (end - start).count()))),
      columns_(std::max<std::size_t>(1, columns)) {}

double Scale::place_of(TimePoint time) const {
    return static_cast<double>((time - start_).count()) / length_ * static_cast<double>(columns_);
}

std::size_t Scale::column_of(TimePoint time) const {
    const double last = static_cast<double>(columns_ - 1);
    return static_cast<std::size_t>(std::clamp(std::floor(place_of(time) + 1e-9), 0.0, last));
}

std::size_t Scale::column_behind(TimePoint time) const {
    const double all = static_cast<double>(columns_);
    return static_cast<std::size_t>(std::clamp(std::ceil(place_of(time) - 1e-9), 0.0, all));
}

std::vector<Mark> Scale::marks() const {
    for (double step = 1;; step = next_step(step)) {
        // Not even one mark beside that of the start: none is needed.
        if (step > length_) {
            return {{0, "0"}};
        }
        // Too many to look at each.
        if (length_ / step > static_cast<double>(columns_)) {
            continue;
        }
        std::vector<Mark> marks;
        bool fits = true;
        for (double at = 0; at <= length_; at += step) {
            const auto column =
                static_cast<std::size_t>(at / length_ * static_cast<double>(columns_) + 1e-9);
            if (column >= columns_) {
                break;
            }
            const std::string label =
                at == 0 ? "0" : short_length(Duration(static_cast<Duration::rep>(at + 0.5)));
            if (!marks.empty() && marks.back().column + marks.back().label.size() + 2 > column) {
                fits = false;
                break;
            }
            // The last label ends within the scale.
            if (column + label.size() <= columns_) {
                marks.push_back({column, label});
            }
        }
        if (fits) {
            return marks;
        }
    }
}

std::string short_length(Duration length) {
    const std::int64_t count = length.count();
    if (count < 0) {
        return "-" + short_length(-length);
    }
    if (count == 0) {
        return "0s";
    }
    if (count < kMillisecond) {
        return std::to_string(count) + "us";
    }
    if (count < kSecond) {
        return three_digits(count, kMillisecond) + "ms";
    }
    if (count < kMinute) {
        return three_digits(count, kSecond) + "s";
    }
    for (std::size_t unit = 0; unit < kUnits.size(); ++unit) {
        if (count < kUnits[unit].length) {
            continue;
        }
        std::string text = std::to_string(count / kUnits[unit].length) + kUnits[unit].name;
        const std::int64_t rest = count % kUnits[unit].length;
        if (unit + 1 < kUnits.size() && rest >= kUnits[unit + 1].length) {
            text += " " + std::to_string(rest / kUnits[unit + 1].length) + kUnits[unit + 1].name;
        }
        return text;
    }
    return {};
}

}  // namespace pgqrs::cli
