#include "core/message.hpp"

#include <algorithm>

namespace pgqrs::core {

Verdict classify(const Message& message, const DeliveryRule& rule, Instant now) {
    if (message.lease_end > now) {
        return {State::in_flight, std::max(message.lease_end, message.available_at)};
    }
    if (message.read_ct >= rule.max_deliveries) {
        return {State::exhausted, kNever};
    }
    if (message.available_at > now) {
        return {State::delayed, message.available_at};
    }
    return {State::pending, now};
}

}  // namespace pgqrs::core
