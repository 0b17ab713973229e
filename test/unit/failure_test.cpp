// What becomes of a message after a failure, and how long it waits.
#include "core/failure.hpp"

#include "catch.hpp"
#include "core/limits.hpp"

namespace core = pgqrs::core;
using core::backoff_delay;
using core::BackoffKind;

namespace {

constexpr core::Duration kBase = 100;
constexpr core::Duration kCap = 1000;

core::Backoff backoff(BackoffKind kind, double jitter = 0) {
    return {.kind = kind, .base = kBase, .cap = kCap, .jitter = jitter};
}

core::AfterFailure after(int failures, int limit, bool retry = true) {
    return core::after_failure(
        {.attempt = failures, .max_attempts = std::nullopt, .retry = retry},
        {.max_attempts = limit, .backoff = backoff(BackoffKind::exponential)}, 0);
}

}  // namespace

TEST_CASE("a fixed wait stays") {
    CHECK(backoff_delay(backoff(BackoffKind::fixed), 1, 0) == 100);
    CHECK(backoff_delay(backoff(BackoffKind::fixed), 1000, 0) == 100);
}

TEST_CASE("a linear wait grows by the base") {
    CHECK(backoff_delay(backoff(BackoffKind::linear), 1, 0) == 100);
    CHECK(backoff_delay(backoff(BackoffKind::linear), 3, 0) == 300);
}

TEST_CASE("an exponential wait doubles") {
    CHECK(backoff_delay(backoff(BackoffKind::exponential), 1, 0) == 100);
    CHECK(backoff_delay(backoff(BackoffKind::exponential), 4, 0) == 800);
}

TEST_CASE("no wait is longer than the cap, whatever the number of the failure") {
    for (const auto kind : {BackoffKind::linear, BackoffKind::exponential}) {
        CHECK(backoff_delay(backoff(kind), 11, 0) == kCap);
        CHECK(backoff_delay(backoff(kind), core::kMostAttempts, 0) == kCap);
    }
}

TEST_CASE("chance takes off up to the jitter, also from the cap") {
    CHECK(backoff_delay(backoff(BackoffKind::fixed, 0.5), 1, 0) == 100);
    CHECK(backoff_delay(backoff(BackoffKind::fixed, 0.5), 1, 0.5) == 75);
    CHECK(backoff_delay(backoff(BackoffKind::exponential, 0.1), 99, 0.999) == 900);
    CHECK(backoff_delay(backoff(BackoffKind::fixed, 1), 1, 0.75) == 25);
}

TEST_CASE("no wait is no wait") {
    core::Backoff none = backoff(BackoffKind::exponential);
    none.base = none.cap = 0;
    CHECK(backoff_delay(none, 1, 0) == 0);
    CHECK(backoff_delay(none, core::kMostAttempts, 0.5) == 0);
}

TEST_CASE("a message is dead with its last attempt") {
    CHECK_FALSE(after(0, 2).dead);
    CHECK(after(1, 2).dead);
    CHECK(after(5, 2).dead);
    CHECK(after(1, 2).attempt == 2);
    CHECK(after(1, 2).wait == 0);
}

TEST_CASE("without a limit it is never dead, and the count stays at its end") {
    CHECK_FALSE(after(1000, 0).dead);
    CHECK(after(core::kMostAttempts, 0).attempt == core::kMostAttempts);
    CHECK_FALSE(after(core::kMostAttempts, 0).dead);
}

TEST_CASE("the message's own limit goes before that of its queue") {
    const core::FailureRule rule{.max_attempts = 2, .backoff = backoff(BackoffKind::fixed)};
    CHECK(core::after_failure({.attempt = 0, .max_attempts = 1, .retry = true}, rule, 0).dead);
    CHECK_FALSE(
        core::after_failure({.attempt = 7, .max_attempts = 0, .retry = true}, rule, 0).dead);
}

TEST_CASE("a consumer that wants no retry has it dead at once") { CHECK(after(0, 25, false).dead); }

TEST_CASE("the names of the kinds") {
    CHECK(core::backoff_kind("fixed") == BackoffKind::fixed);
    CHECK(core::backoff_kind("linear") == BackoffKind::linear);
    CHECK(core::backoff_kind("exponential") == BackoffKind::exponential);
    CHECK_FALSE(core::backoff_kind("Fixed").has_value());
}
