#include "core/failure.hpp"

#include <algorithm>

#include "core/limits.hpp"

namespace pgqrs::core {

AfterFailure after_failure(const Failure& failure, const FailureRule& rule, double random) {
    const std::int32_t attempt = std::min(failure.attempt + 1, kMostAttempts);
    const std::int32_t limit = failure.max_attempts.value_or(rule.max_attempts);
    const bool dead = !failure.retry || (limit > 0 && attempt >= limit);
    return {attempt, dead, dead ? 0 : backoff_delay(rule.backoff, attempt, random)};
}

}  // namespace pgqrs::core
