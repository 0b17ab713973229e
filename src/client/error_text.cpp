#include "error_text.hpp"

#include <algorithm>
#include <cstddef>

namespace pgqrs {
namespace {

// The server keeps 10,000 bytes and marks what it cut.
constexpr std::size_t kLongest = 20'000;

bool continues(unsigned char byte) { return (byte & 0xC0) == 0x80; }

// Bytes of the character at the beginning, or 0 when there is none that PostgreSQL takes.
std::size_t character_length(std::string_view text) {
    const auto byte = [&](std::size_t at) {
        return at < text.size() ? static_cast<unsigned char>(text[at]) : 0;
    };
    const unsigned char first = byte(0);
    const unsigned char second = byte(1);
    if (first < 0x80) {
        return first == 0 ? 0 : 1;
    }
    if (first >= 0xC2 && first < 0xE0) {
        return continues(second) ? 2 : 0;
    }
    if (first >= 0xE0 && first < 0xF0) {
        const bool overlong = first == 0xE0 && second < 0xA0;
        const bool surrogate = first == 0xED && second >= 0xA0;
        return continues(second) && continues(byte(2)) && !overlong && !surrogate ? 3 : 0;
    }
    if (first >= 0xF0 && first < 0xF5) {
        const bool overlong = first == 0xF0 && second < 0x90;
        const bool too_high = first == 0xF4 && second >= 0x90;
        const bool complete = continues(second) && continues(byte(2)) && continues(byte(3));
        return complete && !overlong && !too_high ? 4 : 0;
    }
    return 0;
}

}  // namespace

std::string error_text(std::string_view text) {
    std::string result;
    result.reserve(std::min(text.size(), kLongest));
    while (!text.empty() && result.size() < kLongest) {
        const std::size_t length = character_length(text);
        result += length == 0 ? "?" : text.substr(0, length);
        text.remove_prefix(std::max<std::size_t>(length, 1));
    }
    return result;
}

std::string ascii_text(std::string_view text) {
    std::string result(text.substr(0, kLongest));
    std::replace_if(
        result.begin(), result.end(),
        [](char c) { return c == '\0' || static_cast<unsigned char>(c) >= 0x80; }, '?');
    return result;
}

}  // namespace pgqrs
