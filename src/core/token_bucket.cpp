#include "core/token_bucket.hpp"

#include <algorithm>
#include <cmath>
#include <cstdio>

#include "core/error.hpp"

namespace pgqrs::core {
namespace {

constexpr double kMicroseconds = 1e6;  // in a second

// Rounding must not make somebody wait for the ten-millionth part of a token.
constexpr double kTolerance = 1e-7;

}  // namespace

Duration TokenBucket::take(const TokenRule& rule, std::int64_t tokens, std::int64_t now) {
    const auto moment = static_cast<double>(now);
    const double missing = std::max(0.0, full_at - moment) * rate / kMicroseconds;
    const double wanted = std::min(static_cast<double>(tokens), rule.burst);
    // From now on it fills by the rule's rate, also when nothing is taken.
    full_at = rate == rule.rate ? full_at : moment + missing / rule.rate * kMicroseconds;
    rate = rule.rate;
    const double lacking = wanted - (rule.burst - missing);
    if (lacking > kTolerance) {
        const double wait = std::ceil(lacking / rule.rate * kMicroseconds);
        return std::max<Duration>(1, static_cast<Duration>(wait));
    }
    full_at = moment + (missing + static_cast<double>(tokens)) / rule.rate * kMicroseconds;
    return 0;
}

void check_enqueue_rate(double rate) {
    // Not the other way round: NaN is refused.
    if (!(rate >= kLowestEnqueueRate && rate <= kHighestEnqueueRate)) {
        char text[32];
        std::snprintf(text, sizeof text, "%.15g", rate);
        throw Error(SqlState::invalid_argument,
                    std::string("enqueue_rate is out of range: ") + text,
                    "It must be from 0.000001 to 1000000 messages a second.");
    }
}

}  // namespace pgqrs::core
