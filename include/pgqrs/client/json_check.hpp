// JSON as text: checked, and objects taken apart, without losing digits of numbers on the way.
//
// Threads: functions without state, and values. ABI: JsonFault and JsonMember get members with minor versions.
#pragma once

#include <cstddef>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace pgqrs {

struct JsonFault {
    std::size_t byte = {};    // where, from 1
    std::string reason = {};  // "unexpected '}'", "unexpected end", "invalid UTF-8"...
};

// Nothing when the text is one JSON value in valid UTF-8, not nested deeper than 5000 levels. Numbers may have any size. What
// PostgreSQL does not take in addition, the server says: \u0000, halves of surrogate pairs, numbers that numeric has no room for.
std::optional<JsonFault> find_json_fault(std::string_view text);

// For parsers that refuse what no double can hold: the text with such numbers replaced by zeros of the same length.
std::string with_parsable_numbers(std::string_view text);

struct JsonMember {
    std::string name = {};
    std::string value = {};  // JSON text; numbers as they were written
};

// The members of the object, in its order; nothing when the text is not an object or has a fault.
std::optional<std::vector<JsonMember>> json_members(std::string_view text);

}  // namespace pgqrs
