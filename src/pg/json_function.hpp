// Calling a function of somebody else's that takes a JSON value and answers one.
#pragma once

#include <optional>
#include <string_view>

#include "pg/call.hpp"

namespace pgqrs::pg {

// Finds name(jsonb) or name() along the search path. Raises 42883 when there is neither, 42725 when there are both,
// 42809 for one that is no plain function, or returns a set.
Oid find_json_function(std::string_view name);

// Calls it, with the rights of the current user. A result that is not jsonb is turned into it as to_jsonb() does;
// one of the type void is null. Constraints that were deferred are checked, and settings that it changed are as
// before. Inside with_spi(), and the result is valid as long. After an error a subtransaction must be rolled back.
Value call_json_function(Oid function, const Value& argument);

// A value of a type of varying length in memory that outlives with_spi(), detoasted.
Value keep(const Value& value);
// A jsonb value that was kept; nothing for null.
std::optional<Json> kept_json(const Value& value);

}  // namespace pgqrs::pg
