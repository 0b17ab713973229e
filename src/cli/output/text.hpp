// Text as people and terminals see it: widths, cutting, control characters, arguments that are safe to repeat.
#pragma once

#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>

namespace pgqrs::cli {

// Columns the text takes in a terminal: wide characters two, combining ones none, broken UTF-8 one a byte.
std::size_t display_width(std::string_view text);

// The text, or its beginning and '…', so that it takes at most `width` columns (at least 1).
std::string shorten(std::string_view text, std::size_t width);

// Control characters, which could take over a terminal, become \n, \t, \x1b...
std::string printable(std::string_view text);

// "1 message", "2 messages".
std::string number_of(std::int64_t number, const std::string& noun);

// The argument in quotes for an error message, or "***" when there could be a password in it.
std::string quote_argument(std::string_view argument);

}  // namespace pgqrs::cli
