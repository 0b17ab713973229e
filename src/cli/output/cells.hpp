// Values as people read them in tables.
#pragma once

#include <string>

#include "cli/output/table.hpp"

namespace pgqrs::cli {

// Times to the second, lengths of time as "1h 5m 30.5s", no control characters.
std::string cell_of(const Value& value);
// The key, without the unit that the cells have.
std::string title_of(const Column& column);
bool right_aligned(const Value& value);

}  // namespace pgqrs::cli
