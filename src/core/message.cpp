#include "core/message.hpp"

#include <algorithm>

namespace pgqrs::core {

bool DeliveryRule::is_dead(std::int64_t worker_id) const {
    return dead_count > 0 && std::binary_search(dead_workers, dead_workers + dead_count, worker_id);
}

bool is_leased(const Message& message, const DeliveryRule& rule, Instant now) {
    return message.lease_end > now && !rule.is_dead(message.worker_id);
}

Verdict classify(const Message& message, const DeliveryRule& rule, Instant now) {
    if (is_leased(message, rule, now)) {
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
    if (message.is_parked()) {
        return {State::parked, kNever};
    }
    if (message.available_at > now) {
        return {State::delayed, message.available_at};
    }
    return {State::pending, now};
}

}  // namespace pgqrs::core
