// See template.hpp.
#include "core/template.hpp"

#include <stdexcept>

namespace pgqrs::core {

std::string expand(std::string_view text, std::initializer_list<Substitution> values) {
    std::string result;
    while (true) {
        const auto open = text.find_first_of("{}");
        result += text.substr(0, open);
        if (open == std::string_view::npos) {
            return result;
        }
        const auto close = text.find('}', open);
        if (text[open] == '}' || close == std::string_view::npos) {
            throw std::invalid_argument("brace without its partner in statement template");
        }
        const auto name = text.substr(open + 1, close - open - 1);
        const Substitution* found = nullptr;
        for (const auto& value : values) {
            if (value.first == name) {
                found = &value;
            }
        }
        if (found == nullptr) {
            throw std::invalid_argument("no value for {" + std::string(name) + "}");
        }
        result += found->second;
        text.remove_prefix(close + 1);
    }
}

}  // namespace pgqrs::core
