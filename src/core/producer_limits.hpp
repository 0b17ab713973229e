// What a queue takes from producers: how many messages, how fast, and which payloads. Settings of a queue, the words of
// the errors, and nothing of how it is enforced.
#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "core/duration.hpp"
#include "core/token_bucket.hpp"

namespace pgqrs::core {

// The rules of the client's Validation of the same names, for every client.
struct PayloadRules {
    std::int32_t max_payload_bytes = 0;  // of the jsonb value before compression; 0: no limit
    std::int32_t max_depth = 0;          // 1: a scalar, or an empty object or array; 0: no limit
    std::vector<std::string> required_keys;   // of the payload, which must then be an object
    std::vector<std::string> forbidden_keys;  // at any depth

    bool looks_inside() const {
        return max_depth > 0 || !required_keys.empty() || !forbidden_keys.empty();
    }
};

struct ProducerLimits {
    std::int64_t max_messages = 0;  // 0: no limit
    TokenRule rate{};               // rate 0: no limit
    PayloadRules payload;

    bool any() const {
        return max_messages > 0 || rate.rate > 0 || payload.max_payload_bytes > 0 ||
               payload.looks_inside();
    }
};

inline constexpr std::int64_t kMostMessages = 1'000'000'000'000'000;
inline constexpr std::size_t kMostKeys = 100;

// Raises invalid_argument unless the setting is at least 1 and at most `most`.
void check_limit(std::int64_t value, std::int64_t most, std::string_view setting);

// Raises invalid_argument for more than kMostKeys, and for a key that is both required and forbidden.
void check_keys(const std::vector<std::string>& required,
                const std::vector<std::string>& forbidden);

// What an enqueue of so many messages found that would go above max_messages.
struct Fullness {
    std::int64_t messages;     // in the queue
    std::int64_t uncommitted;  // room that transactions under way have reserved beyond them
    bool exact;                // whether there are not more
    std::int64_t adds;
};
[[noreturn]] void raise_queue_full(std::string_view queue, std::int64_t max_messages,
                                   const Fullness& found);

[[noreturn]] void raise_rate_limited(std::string_view queue, const TokenRule& rule, Duration wait);

// The rule that a payload breaks; the last two name the key by its number in the list.
enum class PayloadFault { max_payload_bytes, max_depth, required_keys, forbidden_keys };
// `subject` is "payload" or "payload 3"; `value` the size or the number of the key.
[[noreturn]] void raise_payload_fault(std::string_view queue, const PayloadRules& rules,
                                      PayloadFault fault, std::int64_t value,
                                      std::string_view subject);

}  // namespace pgqrs::core
