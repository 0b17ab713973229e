// JSON as text: checked and taken apart without reading it into values, so that numbers keep all their digits and nothing
// is copied.
#pragma once

#include <cstddef>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace pgqrs {

struct JsonFault {
    std::size_t byte;    // where, from 1
    std::string reason;  // "invalid UTF-8", "unexpected end"...
};

// Nothing when the text is one JSON value (RFC 8259) in valid UTF-8, however deep and whatever the size of its numbers.
// What PostgreSQL does not take in addition, the server says: \u0000, halves of surrogate pairs.
std::optional<JsonFault> find_json_fault(std::string_view text);

struct JsonMember {
    std::string_view name;   // as it is written between its quotes
    std::string_view value;  // without blanks around it
};

// The members of the object, in its order; nothing when the text is not an object. The text must be without fault.
std::optional<std::vector<JsonMember>> json_members(std::string_view text);

}  // namespace pgqrs
