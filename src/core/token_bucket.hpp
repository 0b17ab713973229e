// How fast producers may be: a bucket of tokens that fills at a steady rate.
//
// A message takes a token. The bucket is kept as the moment when it will be full again, so that nothing has to be done
// while time passes. Time is that of a clock that only goes forward, in microseconds; a reading that is older than the
// last one gives no tokens, and takes none away.
#pragma once

#include <cstdint>

#include "core/duration.hpp"

namespace pgqrs::core {

// rate: tokens a second. burst: what a full bucket holds, at least 1.
struct TokenRule {
    double rate;
    double burst;
};

// Plain data: lives in shared memory. A new one is full.
struct TokenBucket {
    double full_at = 0;
    double rate = 0;  // the one by which it fills until then

    // Takes tokens, and answers 0; or takes none, and answers how long it lasts until there are enough. More than the
    // burst can be taken from a full bucket, which then owes the rest.
    //
    // When the rule has changed, what is missing from the bucket stays missing, and fills up by the new rate.
    Duration take(const TokenRule& rule, std::int64_t tokens, std::int64_t now);
};

inline constexpr double kLowestEnqueueRate = 1e-6;
inline constexpr double kHighestEnqueueRate = 1e6;

// The burst of a queue that has none of its own: what comes in a second, and at least one.
constexpr double default_burst(double rate) { return rate > 1 ? rate : 1; }

// Raises invalid_argument unless the rate is from kLowestEnqueueRate to kHighestEnqueueRate.
void check_enqueue_rate(double rate);

}  // namespace pgqrs::core
