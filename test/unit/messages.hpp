// Messages for the tests of core: rows with only the times that matter.
#pragma once

#include "core/message.hpp"

inline constexpr std::int64_t kMessageId = 42;

constexpr pgqrs::core::Message message_at(
    pgqrs::core::Instant available_at, pgqrs::core::Instant lease_end = pgqrs::core::kBeginning,
    pgqrs::core::Instant delivered_at = pgqrs::core::kBeginning,
    pgqrs::core::Instant enqueued_at = 100) {
    return {.id = kMessageId,
            .queue_id = 1,
            .priority = 5,
            .read_ct = 0,
            .given_back = 0,
            .flags = 0,
            .attempt = 0,
            .enqueued_at = enqueued_at,
            .available_at = available_at,
            .lease_end = lease_end,
            .delivered_at = delivered_at,
            .expires_at = pgqrs::core::kBeginning};
}
