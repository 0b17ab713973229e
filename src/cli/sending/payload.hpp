// Payloads and headers from the command line.
#pragma once

#include <optional>
#include <string>
#include <vector>

#include <nlohmann/json_fwd.hpp>

#include "pgqrs/client/validation.hpp"

namespace pgqrs::cli {

// The argument, or all of stdin when it is "-".
std::string read_payload(const std::string& argument);

// Raises Failure (rejected) that says where the text stops being JSON, and InvalidArgument for the first rule that is
// broken. `subject` is "payload" or "line 3".
void check_payload(const std::string& text, const std::string& subject, const Validation& rules);

// A JSON text from the command line, or from stdin for "-"; nothing when none was given. Raises Failure as check_payload().
std::optional<std::string> read_json(const std::optional<std::string>& argument,
                                     const std::string& subject);

// An object of strings from "KEY=VALUE" arguments, or null when there are none.
nlohmann::json headers_of(const std::vector<std::string>& pairs);

}  // namespace pgqrs::cli
