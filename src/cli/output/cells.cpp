// Values as people read them.
#include "cli/output/cells.hpp"

#include <algorithm>
#include <chrono>
#include <cstdint>

#include "cli/output/text.hpp"

namespace pgqrs::cli {
namespace {

// "1h 5m 30.5s"
std::string human(Duration duration) {
    // Nobody reads microseconds of something longer.
    if (duration > std::chrono::seconds(1)) {
        duration = std::chrono::floor<std::chrono::milliseconds>(duration);
    }
    const Value seconds = seconds_value(duration);
    auto rest = duration.count();
    if (rest < 60'000'000) {
        return seconds.text + "s";
    }
    std::string text;
    const auto take = [&](std::int64_t unit, const char* name) {
        if (const auto count = rest / unit; count > 0) {
            text += (text.empty() ? "" : " ") + std::to_string(count) + name;
            rest -= count * unit;
        }
    };
    take(86'400'000'000, "d");
    take(3'600'000'000, "h");
    take(60'000'000, "m");
    if (rest > 0) {
        text += " " + seconds_value(Duration(rest)).text + "s";
    }
    return text;
}

}  // namespace

std::string cell_of(const Value& value) {
    switch (value.kind) {
        case Value::Kind::time:
            return value.text.substr(0, 19) + "Z";
        case Value::Kind::seconds:
            return human(value.duration);
        default:
            return printable(value.text);
    }
}

std::string title_of(const Column& column) {
    constexpr std::string_view kUnit = "_seconds";
    return column.key.ends_with(kUnit) ? column.key.substr(0, column.key.size() - kUnit.size())
                                       : column.key;
}

bool right_aligned(const Value& value) {
    return value.kind == Value::Kind::number || value.kind == Value::Kind::seconds;
}

std::string coloured(const std::string& text, std::string_view colour, bool wanted) {
    return wanted ? std::string(colour) + text + "\033[0m" : text;
}

std::string padded(const std::string& cell, std::size_t width, bool right) {
    const std::string blanks(width - std::min(width, display_width(cell)), ' ');
    return right ? blanks + cell : cell + blanks;
}

void trim_end(std::string& line) { line.erase(line.find_last_not_of(' ') + 1); }

}  // namespace pgqrs::cli
