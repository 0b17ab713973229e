// What becomes of a message whose consumer failed: the rule that decides between another attempt and the end.
#pragma once

#include <cstdint>
#include <optional>

#include "core/backoff.hpp"

namespace pgqrs::core {

// A failure as the consumer reports it.
struct Failure {
    std::int32_t attempt;                      // failures before this one
    std::optional<std::int32_t> max_attempts;  // of the message itself
    bool retry;                                // whether the consumer wants another attempt
};

// What holds for all messages of a queue. max_attempts 0: no limit.
struct FailureRule {
    std::int32_t max_attempts;
    Backoff backoff;
};

struct AfterFailure {
    std::int32_t attempt;  // failures with this one
    bool dead;
    Duration wait;  // until the next attempt; 0 when it is dead
};

// Decides. The count stays at kMostAttempts once it is there. `random` is as with backoff_delay().
AfterFailure after_failure(const Failure& failure, const FailureRule& rule, double random);

}  // namespace pgqrs::core
