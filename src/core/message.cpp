#include "core/message.hpp"

#include <algorithm>

namespace pgqrs::core {

Verdict classify(const Message& message, const DeliveryRule& rule, Instant now) {
    if (message.lease_end > now) {
        return {State::in_flight, std::max(message.lease_end, message.available_at)};
    }
    if ((message.flags & kToBeCancelled) != 0) {
        return {State::cancelled, kNever};
    }
    if (message.read_ct - message.given_back >= rule.max_deliveries) {
        return {State::exhausted, kNever};
    }
    if (message.expires_at != kBeginning && message.expires_at <= now) {
        return {State::expired, kNever};
    }
    if (message.available_at > now) {
        return {State::delayed, message.available_at};
    }
    return {State::pending, now};
}

}  // namespace pgqrs::core
