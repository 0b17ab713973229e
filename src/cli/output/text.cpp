// Widths, cutting and escaping of text.
#include "cli/output/text.hpp"

#include <algorithm>
#include <array>
#include <cstdint>
#include <cstdio>

namespace pgqrs::cli {
namespace {

struct Character {
    char32_t code;  // that of a broken byte is 0xFFFD
    std::size_t bytes;
};

Character character_at(std::string_view text, std::size_t at) {
    constexpr Character kBroken{0xFFFD, 1};
    const auto byte = [&](std::size_t index) { return static_cast<unsigned char>(text[index]); };
    const unsigned char first = byte(at);
    if (first < 0x80) {
        return {first, 1};
    }
    const std::size_t bytes = first >= 0xF0 ? 4 : first >= 0xE0 ? 3 : 2;
    if (first < 0xC2 || first > 0xF4 || at + bytes > text.size()) {
        return kBroken;
    }
    char32_t code = first & (0xFFU >> (bytes + 1));
    for (std::size_t index = at + 1; index < at + bytes; ++index) {
        if ((byte(index) & 0xC0) != 0x80) {
            return kBroken;
        }
        code = code << 6 | (byte(index) & 0x3F);
    }
    return {code, bytes};
}

struct Range {
    char32_t first, last;
};

// Coarse: the blocks that matter, not every unassigned hole in them.
constexpr std::array kNoWidth = {
    Range{0x0300, 0x036F}, Range{0x0483, 0x0489},  Range{0x0591, 0x05BD}, Range{0x064B, 0x065F},
    Range{0x1AB0, 0x1AFF}, Range{0x1DC0, 0x1DFF},  Range{0x200B, 0x200F}, Range{0x202A, 0x202E},
    Range{0x2060, 0x2064}, Range{0x20D0, 0x20FF},  Range{0xFE00, 0xFE0F}, Range{0xFE20, 0xFE2F},
    Range{0xFEFF, 0xFEFF}, Range{0xE0100, 0xE01EF}};
constexpr std::array kDoubleWidth = {
    Range{0x1100, 0x115F},   Range{0x2E80, 0x303E},   Range{0x3041, 0xA4CF},
    Range{0xA960, 0xA97F},   Range{0xAC00, 0xD7A3},   Range{0xF900, 0xFAFF},
    Range{0xFE30, 0xFE6F},   Range{0xFF00, 0xFF60},   Range{0xFFE0, 0xFFE6},
    Range{0x1F300, 0x1F64F}, Range{0x1F680, 0x1F6FF}, Range{0x1F900, 0x1FAFF},
    Range{0x20000, 0x3FFFD}};

template <std::size_t Size>
bool contains(const std::array<Range, Size>& ranges, char32_t code) {
    return std::any_of(ranges.begin(), ranges.end(), [&](const Range& range) {
        return range.first <= code && code <= range.last;
    });
}

std::size_t width_of(char32_t code) {
    if (code < 0x300) {
        return 1;
    }
    return contains(kNoWidth, code) ? 0 : contains(kDoubleWidth, code) ? 2 : 1;
}

}  // namespace

std::size_t display_width(std::string_view text) {
    std::size_t width = 0;
    for (std::size_t at = 0; at < text.size();) {
        const Character next = character_at(text, at);
        width += width_of(next.code);
        at += next.bytes;
    }
    return width;
}

std::string shorten(std::string_view text, std::size_t width) {
    if (text.size() <= width || display_width(text) <= width) {
        return std::string(text);
    }
    std::size_t at = 0;
    for (std::size_t used = 1; at < text.size();) {
        const Character next = character_at(text, at);
        used += width_of(next.code);
        if (used > width) {
            break;
        }
        at += next.bytes;
    }
    return std::string(text.substr(0, at)) + "…";
}

std::string printable(std::string_view text) {
    std::string result;
    for (std::size_t at = 0; at < text.size();) {
        const Character next = character_at(text, at);
        const bool control = next.code < 0x20 || (next.code >= 0x7F && next.code < 0xA0);
        if (next.code == '\n') {
            result += "\\n";
        } else if (next.code == '\t') {
            result += "\\t";
        } else if (control) {
            char escaped[8];
            std::snprintf(escaped, sizeof escaped, "\\x%02x", static_cast<unsigned>(next.code));
            result += escaped;
        } else {
            result += text.substr(at, next.bytes);
        }
        at += next.bytes;
    }
    return result;
}

std::string number_of(std::int64_t number, const std::string& noun) {
    return std::to_string(number) + " " + noun + (number == 1 ? "" : "s");
}

std::string quote_argument(std::string_view argument) {
    constexpr std::size_t kLongest = 60;
    // A connection string, or a part of one.
    const bool suspicious = argument.find("://") != std::string_view::npos ||
                            argument.find('@') != std::string_view::npos ||
                            argument.find('=') != std::string_view::npos ||
                            argument.find("pass") != std::string_view::npos;
    return suspicious ? "***" : '"' + shorten(printable(argument), kLongest) + '"';
}

}  // namespace pgqrs::cli
