#include "core/backoff.hpp"

#include <algorithm>
#include <cmath>
#include <string>

#include "core/error.hpp"

namespace pgqrs::core {
namespace {

constexpr Duration kLongestBackoff = 366 * kDay;

// In floating point, which has room for whatever the factor is.
double factor_of(BackoffKind kind, std::int32_t failure) {
    switch (kind) {
        case BackoffKind::linear:
            return failure;
        case BackoffKind::exponential:
            // Already beyond every cap. An infinite factor of 0 would be no number.
            return std::exp2(std::min(failure - 1, 62));
        default:
            return 1;
    }
}

}  // namespace

std::optional<BackoffKind> backoff_kind(std::string_view name) {
    return name == "fixed"         ? std::optional(BackoffKind::fixed)
           : name == "linear"      ? std::optional(BackoffKind::linear)
           : name == "exponential" ? std::optional(BackoffKind::exponential)
                                   : std::nullopt;
}

void check_backoff_kind(std::string_view name) {
    if (!backoff_kind(name)) {
        throw Error(SqlState::invalid_argument, "unknown backoff: \"" + std::string(name) + "\"",
                    "It must be fixed, linear or exponential.");
    }
}

Duration backoff_delay(const Backoff& backoff, std::int32_t failure, double random) {
    const double planned = static_cast<double>(backoff.base) * factor_of(backoff.kind, failure);
    const double capped = std::min(planned, static_cast<double>(backoff.cap));
    return static_cast<Duration>(capped * (1 - backoff.jitter * random));
}

void check_backoff_times(Duration base, Duration cap) {
    if (base < 0) {
        throw Error(SqlState::invalid_argument, "backoff_base must not be negative");
    }
    if (cap > kLongestBackoff) {
        throw Error(SqlState::invalid_argument, "backoff_cap is longer than 366 days");
    }
    if (cap < base) {
        throw Error(SqlState::invalid_argument, "backoff_cap is shorter than backoff_base");
    }
}

void check_backoff_jitter(double jitter) {
    if (!(jitter >= 0 && jitter <= 1)) {
        throw Error(SqlState::invalid_argument,
                    "backoff_jitter is out of range: " + std::to_string(jitter),
                    "It must be from 0 to 1: the part of a delay that chance may take off.");
    }
}

}  // namespace pgqrs::core
