// Values as people read them in tables.
#pragma once

#include <cstddef>
#include <string>
#include <string_view>

#include "cli/output/table.hpp"

namespace pgqrs::cli {

// Times to the second, lengths of time as "1h 5m 30.5s", no control characters.
std::string cell_of(const Value& value);
// The key, without the unit that the cells have.
std::string title_of(const Column& column);
bool right_aligned(const Value& value);

inline constexpr std::string_view kTitleColour = "\033[1m";
inline constexpr std::string_view kAlarmColour = "\033[33m";
std::string coloured(const std::string& text, std::string_view colour, bool wanted);
// Filled up with blanks, on the left when it goes to the right.
std::string padded(const std::string& cell, std::size_t width, bool right);
void trim_end(std::string& line);

}  // namespace pgqrs::cli
