// Widths, cutting and escaping of text.
#include "cli/output/text.hpp"

#include <utf8proc.h>

#include <cstdint>
#include <cstdio>

namespace pgqrs::cli {
namespace {

struct Character {
    char32_t code;  // that of a broken byte is 0xFFFD
    std::size_t bytes;
};

Character character_at(std::string_view text, std::size_t at) {
    utf8proc_int32_t code = 0;
    const auto bytes = utf8proc_iterate(reinterpret_cast<const utf8proc_uint8_t*>(text.data()) + at,
                                        static_cast<utf8proc_ssize_t>(text.size() - at), &code);
    return bytes > 0 ? Character{static_cast<char32_t>(code), static_cast<std::size_t>(bytes)}
                     : Character{0xFFFD, 1};
}

std::size_t width_of(char32_t code) {
    return static_cast<std::size_t>(utf8proc_charwidth(static_cast<utf8proc_int32_t>(code)));
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
