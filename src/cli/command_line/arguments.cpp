// Texts of the command line as values.
#include "cli/command_line/arguments.hpp"

#include <charconv>
#include <chrono>
#include <system_error>

#include "cli/failure.hpp"
#include "cli/output/text.hpp"
#include "pgqrs/client/error.hpp"

namespace pgqrs::cli {
namespace {

constexpr std::string_view kDigits = "0123456789";

// Whole numbers of any length are told apart from what is no number at all.
std::int64_t whole_number(std::string_view text, const std::string& name, std::int64_t least,
                          std::int64_t most) {
    const std::string_view digits = text.substr(text.starts_with('-') ? 1 : 0);
    if (digits.empty() || digits.find_first_not_of(kDigits) != std::string_view::npos) {
        throw UsageError(name + " must be a whole number: " + quote_argument(text));
    }
    std::int64_t value = 0;
    const auto end = std::from_chars(text.data(), text.data() + text.size(), value);
    if (end.ec != std::errc() || value < least || value > most) {
        throw UsageError(name + " must be from " + std::to_string(least) + " to " +
                         std::to_string(most) + ": " + quote_argument(text));
    }
    return value;
}

}  // namespace

std::int64_t parse_id(std::string_view text, const std::string& name) {
    return whole_number(text, name, 1, INT64_MAX);
}

int parse_number(std::string_view text, const std::string& name, int least, int most) {
    return static_cast<int>(whole_number(text, name, least, most));
}

double parse_real(std::string_view text, const std::string& name) {
    double value = 0;
    const auto end = std::from_chars(text.data(), text.data() + text.size(), value);
    if (end.ec != std::errc() || end.ptr != text.data() + text.size()) {
        throw UsageError(name + " must be a number: " + quote_argument(text));
    }
    return value;
}

double parse_fraction(std::string_view text, const std::string& name) {
    double value = -1;
    const auto end = std::from_chars(text.data(), text.data() + text.size(), value);
    if (end.ec != std::errc() || end.ptr != text.data() + text.size() ||
        !(value >= 0 && value <= 1)) {
        throw UsageError(name + " must be from 0 to 1: " + quote_argument(text));
    }
    return value;
}

bool parse_boolean(std::string_view text, const std::string& name) {
    if (text == "true" || text == "on" || text == "yes" || text == "1") {
        return true;
    }
    if (text == "false" || text == "off" || text == "no" || text == "0") {
        return false;
    }
    throw UsageError(name + " must be true or false: " + quote_argument(text));
}

TimePoint parse_moment(std::string_view text, const std::string& name, Tense tense) {
    try {
        return parse_iso8601(text, name);
    } catch (const InvalidArgument&) {
        // It may be a length of time.
    }
    try {
        const auto now = std::chrono::floor<Duration>(std::chrono::system_clock::now());
        const auto length = parse_duration(text, name);
        return tense == Tense::past ? now - length : now + length;
    } catch (const InvalidArgument&) {
        throw UsageError(
            name + " is neither a time nor a length of time: " + quote_argument(text),
            "Write \"2026-11-21T12:00:00Z\", or a length of time such as \"2h\" or \"7d\".");
    }
}

Duration parse_length(std::string_view text, const std::string& name) {
    try {
        return parse_duration(text, name);
    } catch (const InvalidArgument&) {
        throw UsageError(name + " is not a length of time: " + quote_argument(text),
                         "Write \"30s\", \"1.5s\", \"250ms\", \"5m\", \"2h\", \"7d\" or "
                         "\"1h30m\"; a number alone is seconds.");
    }
}

}  // namespace pgqrs::cli
