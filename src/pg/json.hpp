// Looking into a jsonb value.
#pragma once

#include <span>
#include <string>

#include "pg/call.hpp"

namespace pgqrs::pg {

struct JsonRules {
    int max_depth;                          // 1: a scalar, or an empty object or array; 0: no limit
    std::span<const std::string> required;  // keys of the value itself
    std::span<const std::string> forbidden;  // keys of any object in it
};

struct JsonFault {
    enum What { none, too_deep, key_missing, key_forbidden } what = none;
    std::size_t key = 0;  // its place in the list
};

// The first rule that the value breaks. A value that is no object lacks every key.
JsonFault find_fault(const Json& json, const JsonRules& rules);

}  // namespace pgqrs::pg
