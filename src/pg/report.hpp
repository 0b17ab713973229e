// Telling the user something in PostgreSQL's own way.
#pragma once

#include <string>

namespace pgqrs::pg {

// A warning; may throw.
void warn(const std::string& message, const std::string& detail);

// Raises 57014, which a handler for OTHERS does not catch.
[[noreturn]] void raise_cancel(const std::string& message, const std::string& detail);

// Raises 0A000.
[[noreturn]] void raise_not_supported(const std::string& message, const std::string& hint);

}  // namespace pgqrs::pg
