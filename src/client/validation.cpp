#include "pgqrs/client/validation.hpp"

#include <algorithm>

#include <nlohmann/json.hpp>

#include "json_values.hpp"
#include "pgqrs/client/error.hpp"
#include "core/error.hpp"
#include "core/limits.hpp"

namespace pgqrs {
namespace {

[[noreturn]] void reject(std::string message, std::string hint = {}) {
    throw InvalidArgument(Error::Parts{"PQ005", std::move(message), "", std::move(hint)});
}

void check_string(const std::string& text, std::size_t limit, const std::string& subject) {
    if (text.size() > limit) {
        reject(subject + " has a string of " + std::to_string(text.size()) +
               " bytes, over the limit of " + std::to_string(limit));
    }
}

// Walks the whole value; depth is that of `value`, the outermost has 1.
void check_value(const Validation& rules, const nlohmann::json& value, std::size_t depth,
                 const std::string& subject) {
    const auto deepest = std::min(rules.max_depth.value_or(kDeepestJson), kDeepestJson);
    if (depth > deepest) {
        reject(subject + " is nested deeper than " + std::to_string(deepest) + " levels");
    }
    if (value.is_string() && rules.max_string_length) {
        check_string(value.get_ref<const std::string&>(), *rules.max_string_length, subject);
    }
    if (value.is_object()) {
        for (const auto& [key, member] : value.items()) {
            if (rules.max_string_length) {
                check_string(key, *rules.max_string_length, subject);
            }
            if (std::find(rules.forbidden_keys.begin(), rules.forbidden_keys.end(), key) !=
                rules.forbidden_keys.end()) {
                reject(subject + " has the forbidden key \"" + key + "\"");
            }
            check_value(rules, member, depth + 1, subject);
        }
    } else if (value.is_array()) {
        for (const auto& element : value) {
            check_value(rules, element, depth + 1, subject);
        }
    }
}

}  // namespace

bool Validation::looks_inside() const noexcept {
    return max_string_length || max_depth || !required_keys.empty() || !forbidden_keys.empty();
}

void Validation::check_size(std::size_t text_bytes, const std::string& subject) const {
    if (text_bytes > max_payload_bytes) {
        reject(subject + " has " + std::to_string(text_bytes) + " bytes, over the limit of " +
                   std::to_string(max_payload_bytes),
               "Store large data elsewhere and enqueue a reference to it, or raise "
               "max_payload_bytes and the "
               "server's pgqrs.max_payload_size.");
    }
}

void Validation::check(const nlohmann::json& payload, const std::string& subject) const {
    if (!looks_inside()) {
        return;
    }
    for (const auto& key : required_keys) {
        if (!payload.is_object() || !payload.contains(key)) {
            reject(subject + " lacks the required key \"" + key + "\"");
        }
    }
    check_value(*this, payload, 1, subject);
}

}  // namespace pgqrs
