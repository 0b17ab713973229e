// JSON values as text, safely.
#pragma once

#include <cstddef>
#include <string>

#include <nlohmann/json_fwd.hpp>

namespace pgqrs {

// Levels of nesting. The server's own limit lies in this region, and so does that of our stack.
inline constexpr std::size_t kDeepestJson = 5000;

// Raises InvalidArgument (PQ005) for a value that is nested deeper: writing or copying it would overflow the stack.
void check_depth(const nlohmann::json& value, const std::string& subject);

// The value as JSON text. Raises InvalidArgument (PQ005) for one that is nested too deep or has invalid UTF-8 in it.
std::string json_text(const nlohmann::json& value, const std::string& subject);

}  // namespace pgqrs
