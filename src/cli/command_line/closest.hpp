// What was probably meant by a word that is not known.
#pragma once

#include <string>
#include <string_view>
#include <vector>

namespace pgqrs::cli {

// The one of `known` that `typed` most likely stands for, or nothing: up to two wrong, missing, added or exchanged letters.
std::string closest(std::string_view typed, const std::vector<std::string>& known);

}  // namespace pgqrs::cli
