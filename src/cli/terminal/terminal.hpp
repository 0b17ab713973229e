// What the process's terminals are like.
#pragma once

#include <cstddef>
#include <optional>

namespace pgqrs::cli {

// Opens /dev/null in place of a standard descriptor that is closed, the wrong way round so that using it is an error:
// else the server's socket could become "stdout".
void fill_standard_descriptors();

bool is_terminal(int descriptor);

// $COLUMNS, or what the terminal says, or 80; nothing when it is not a terminal.
std::optional<std::size_t> terminal_width(int descriptor);

// Whether to write colours: a terminal, that is not "dumb", and NO_COLOR not set.
bool colour_wanted(int descriptor);

}  // namespace pgqrs::cli
