// The text of an error as the server takes it.
#pragma once

#include <string>
#include <string_view>

namespace pgqrs {

// UTF-8 without NUL, in which question marks stand for other bytes. No longer than makes sense: the server keeps less.
std::string error_text(std::string_view text);

// The same for a database whose encoding does not have all characters: ASCII only.
std::string ascii_text(std::string_view text);

}  // namespace pgqrs
