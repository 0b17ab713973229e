#include "core/producer_limits.hpp"

#include <algorithm>
#include <cstdio>

#include "core/error.hpp"

namespace pgqrs::core {
namespace {

std::string quoted(std::string_view text) { return "\"" + std::string(text) + "\""; }

std::string counted(std::int64_t number, const char* noun) {
    return std::to_string(number) + " " + noun + (number == 1 ? "" : "s");
}

std::string written(double number) {
    char text[32];
    std::snprintf(text, sizeof text, "%.6g", number);
    return text;
}

void check_number_of_keys(const std::vector<std::string>& keys, const char* setting) {
    if (keys.size() > kMostKeys) {
        throw Error(SqlState::invalid_argument,
                    std::string(setting) + " has " + std::to_string(keys.size()) +
                        " elements, over the limit of " + std::to_string(kMostKeys));
    }
}

}  // namespace

void check_limit(std::int64_t value, std::int64_t most, std::string_view setting) {
    if (value < 1 || value > most) {
        throw Error(SqlState::invalid_argument,
                    std::string(setting) + " is out of range: " + std::to_string(value),
                    "It must be from 1 to " + std::to_string(most) + ".");
    }
}

void check_keys(const std::vector<std::string>& required,
                const std::vector<std::string>& forbidden) {
    check_number_of_keys(required, "required_keys");
    check_number_of_keys(forbidden, "forbidden_keys");
    for (const std::string& key : required) {
        if (std::find(forbidden.begin(), forbidden.end(), key) != forbidden.end()) {
            throw Error(SqlState::invalid_argument,
                        "key " + quoted(key) + " is both required and forbidden");
        }
    }
}

void raise_queue_full(std::string_view queue, std::int64_t max_messages, const Fullness& found) {
    std::string detail = std::string("It holds ") + (found.exact ? "" : "at least ") +
                         counted(found.messages, "message");
    if (found.uncommitted > 0) {
        detail += " and " + std::to_string(found.uncommitted) + " of transactions under way";
    }
    detail += ", and max_messages is " + std::to_string(max_messages) + ".";
    if (found.adds > 1) {
        detail += " The call would add " + std::to_string(found.adds) + ".";
    }
    throw Error(SqlState::queue_full, "queue " + quoted(queue) + " is full", std::move(detail),
                "Try again when consumers have finished some, or raise max_messages with "
                "alter_queue().");
}

void raise_rate_limited(std::string_view queue, const TokenRule& rule, Duration wait) {
    const Duration milliseconds = wait / kMillisecond + (wait % kMillisecond > 0 ? 1 : 0);
    throw Error(SqlState::rate_limited, "queue " + quoted(queue) + " takes no more messages now",
                "Retry in " + std::to_string(milliseconds) + " ms. enqueue_rate is " +
                    written(rule.rate) + " messages a second, and enqueue_burst " +
                    written(rule.burst) + ".",
                "Wait that long, or raise enqueue_rate or enqueue_burst with alter_queue().");
}

void raise_payload_fault(std::string_view queue, const PayloadRules& rules, PayloadFault fault,
                         std::int64_t value, std::string_view subject) {
    std::string message(subject);
    std::string detail;
    const auto place = static_cast<std::size_t>(value);
    switch (fault) {
        case PayloadFault::max_payload_bytes:
            message += " has " + std::to_string(value) + " bytes, over the limit of " +
                       std::to_string(rules.max_payload_bytes);
            detail = "max_payload_bytes of queue " + quoted(queue) + " is " +
                     std::to_string(rules.max_payload_bytes) + ".";
            break;
        case PayloadFault::max_depth:
            message += " is nested deeper than " + counted(rules.max_depth, "level");
            detail = "max_depth of queue " + quoted(queue) + " is " +
                     std::to_string(rules.max_depth) + ".";
            break;
        case PayloadFault::required_keys:
            message += " lacks the required key " + quoted(rules.required_keys.at(place));
            detail = "The key is one of required_keys of queue " + quoted(queue) + ".";
            break;
        case PayloadFault::forbidden_keys:
            message += " has the forbidden key " + quoted(rules.forbidden_keys.at(place));
            detail = "The key is one of forbidden_keys of queue " + quoted(queue) + ".";
            break;
    }
    throw Error(SqlState::payload_rejected, std::move(message), std::move(detail));
}

}  // namespace pgqrs::core
