// Statements written for a relation instead of one table name: {placeholders} in SQL.
#pragma once

#include <initializer_list>
#include <string>
#include <string_view>
#include <utility>

namespace pgqrs::core {

using Substitution = std::pair<std::string_view, std::string_view>;

// Replaces every {name} by its value. Throws std::invalid_argument for a name without a value or a
// brace without its partner: a mistake of the programmer, never of a user.
std::string expand(std::string_view text, std::initializer_list<Substitution> values);

}  // namespace pgqrs::core
