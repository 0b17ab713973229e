// The bucket of tokens that limits the rate of producers.
#include "core/token_bucket.hpp"

#include <cmath>
#include <limits>

#include "catch.hpp"
#include "core/error.hpp"
#include "raised.hpp"

namespace core = pgqrs::core;
using core::kSecond;
using core::TokenBucket;

namespace {

constexpr std::int64_t kStart = 1'000'000 * kSecond;
constexpr core::TokenRule kRule = {.rate = 10, .burst = 5};

}  // namespace

TEST_CASE("a new bucket is full") {
    TokenBucket bucket;
    CHECK(bucket.take(kRule, 5, kStart) == 0);
    CHECK(bucket.take(kRule, 1, kStart) == kSecond / 10);
}

TEST_CASE("a bucket fills at its rate, and no further than the burst") {
    TokenBucket bucket;
    bucket.take(kRule, 5, kStart);
    CHECK(bucket.take(kRule, 1, kStart + kSecond / 10 - 1) == 1);
    CHECK(bucket.take(kRule, 1, kStart + kSecond / 10) == 0);
    CHECK(bucket.take(kRule, 5, kStart + 1000 * kSecond) == 0);
    CHECK(bucket.take(kRule, 1, kStart + 1000 * kSecond) == kSecond / 10);
}

TEST_CASE("who is refused takes nothing") {
    TokenBucket bucket;
    bucket.take(kRule, 4, kStart);
    CHECK(bucket.take(kRule, 3, kStart) == 2 * kSecond / 10);
    CHECK(bucket.take(kRule, 1, kStart) == 0);
}

TEST_CASE("a full bucket gives more than it has, and owes the rest") {
    TokenBucket bucket;
    CHECK(bucket.take(kRule, 25, kStart) == 0);
    CHECK(bucket.take(kRule, 1, kStart) == 21 * kSecond / 10);
    CHECK(bucket.take(kRule, 1, kStart + 21 * kSecond / 10) == 0);
}

TEST_CASE("a batch larger than the burst waits until the bucket is full") {
    TokenBucket bucket;
    bucket.take(kRule, 2, kStart);
    CHECK(bucket.take(kRule, 100, kStart) == 2 * kSecond / 10);
    CHECK(bucket.take(kRule, 100, kStart + 2 * kSecond / 10) == 0);
}

TEST_CASE("a clock that goes back gives no tokens") {
    TokenBucket bucket;
    bucket.take(kRule, 5, kStart);
    CHECK(bucket.take(kRule, 1, kStart - kSecond) == 11 * kSecond / 10);
    CHECK(bucket.take(kRule, 1, kStart + kSecond / 10) == 0);
}

TEST_CASE("what is missing stays missing when the rate changes") {
    TokenBucket bucket;
    bucket.take(kRule, 5, kStart);
    const core::TokenRule faster = {.rate = 1000, .burst = 5};
    CHECK(bucket.take(faster, 1, kStart) == kSecond / 1000);
    CHECK(bucket.take(faster, 1, kStart + kSecond / 1000) == 0);
}

TEST_CASE("a larger burst is there at once, less what is missing") {
    TokenBucket bucket;
    bucket.take(kRule, 5, kStart);
    const core::TokenRule larger = {.rate = 10, .burst = 8};
    CHECK(bucket.take(larger, 3, kStart) == 0);
    CHECK(bucket.take(larger, 1, kStart) == kSecond / 10);
}

TEST_CASE("as many pass in the long run as the rate says") {
    for (const double rate : {0.5, 3.0, 7.3, 1000.0, 333'333.0}) {
        TokenBucket bucket;
        const core::TokenRule rule = {.rate = rate, .burst = core::default_burst(rate)};
        std::int64_t passed = 0;
        for (std::int64_t now = kStart; now < kStart + 100 * kSecond;) {
            const core::Duration wait = bucket.take(rule, 1, now);
            passed += wait == 0 ? 1 : 0;
            // Whoever waits as he was told passes.
            CHECK((wait == 0 || TokenBucket(bucket).take(rule, 1, now + wait) == 0));
            now += wait == 0 ? std::max<std::int64_t>(1, kSecond / 2'000) : wait;
        }
        CHECK(static_cast<double>(passed) <= rule.burst + 100 * rate + 1);
        CHECK(static_cast<double>(passed) >= std::min(100 * rate, 200'000.0) * 0.98);
    }
}

TEST_CASE("a wait at the ends of the range is a time") {
    TokenBucket bucket;
    const core::TokenRule slow = {.rate = core::kLowestEnqueueRate, .burst = 1};
    CHECK(bucket.take(slow, 1'000'000, kStart) == 0);
    CHECK(bucket.take(slow, 1, kStart) > 999'999'999'999 * kSecond);
    TokenBucket other;
    const core::TokenRule fast = {.rate = core::kHighestEnqueueRate, .burst = 1};
    CHECK(other.take(fast, 1, kStart) == 0);
    CHECK(other.take(fast, 1, kStart) == 1);
    CHECK(other.take(fast, 1, kStart + 1) == 0);
}

TEST_CASE("a rate is a number within its range") {
    core::check_enqueue_rate(0.000001);
    core::check_enqueue_rate(1'000'000);
    for (const double rate : {0.0, -1.0, 1e-7, 1e7, std::numeric_limits<double>::infinity(),
                              std::numeric_limits<double>::quiet_NaN()}) {
        const auto error = raised([&] { core::check_enqueue_rate(rate); });
        CHECK(error.state() == core::SqlState::invalid_argument);
        CHECK(error.detail() == "It must be from 0.000001 to 1000000 messages a second.");
    }
    CHECK(raised([] { core::check_enqueue_rate(0.0); }).message() ==
          "enqueue_rate is out of range: 0");
}

TEST_CASE("a queue without a burst has that of a second") {
    CHECK(core::default_burst(0.1) == 1);
    CHECK(core::default_burst(250) == 250);
}
