// What a producer may send, checked in the client before the round trip. The server checks sizes itself; these rules are
// for what only the application knows.
//
// Threads: a value; its checks change nothing, so threads may share one. ABI: it gets members with minor versions.
#pragma once

#include <cstddef>
#include <optional>
#include <string>
#include <vector>

#include <nlohmann/json_fwd.hpp>

namespace pgqrs {

// nullopt: no limit. The keys are those of the "validation" mapping in a YAML file.
struct Validation {
    std::size_t max_payload_bytes = 1024 * 1024;  // of the JSON text
    // Bytes of every string and key in the payload.
    std::optional<std::size_t> max_string_length = {};
    std::optional<std::size_t> max_depth = {};     // 1: a scalar or an empty object or array
    std::vector<std::string> required_keys = {};   // of the payload, which must then be an object
    std::vector<std::string> forbidden_keys = {};  // at any depth

    // Both raise InvalidArgument (PQ005) for the first rule that is broken, naming it and what breaks it: "payload 3".
    void check_size(std::size_t text_bytes, const std::string& subject) const;
    void check(const nlohmann::json& payload, const std::string& subject) const;
    // Whether check() has rules to look at.
    bool looks_inside() const noexcept;
};

}  // namespace pgqrs
