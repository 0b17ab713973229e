// The state of a message follows from its row, the rule of its queue and the clock.
#include "core/message.hpp"

#include "catch.hpp"
#include "messages.hpp"

namespace core = pgqrs::core;
using core::classify;
using core::State;
using core::Verdict;

namespace {

constexpr core::Instant kNow = 1000;
constexpr core::DeliveryRule kThree{.max_deliveries = 3};

core::Message delivered(int times, core::Instant available_at,
                        core::Instant lease_end = core::kBeginning) {
    core::Message message = message_at(available_at, lease_end);
    message.read_ct = times;
    return message;
}

}  // namespace

TEST_CASE("a message that is available and free is pending") {
    CHECK(classify(delivered(0, 999), kThree, kNow) == Verdict{State::pending, kNow});
    CHECK(classify(delivered(2, kNow), kThree, kNow) == Verdict{State::pending, kNow});
}

TEST_CASE("a message that becomes available later is delayed until then") {
    CHECK(classify(delivered(0, 1001), kThree, kNow) == Verdict{State::delayed, 1001});
}

TEST_CASE("a lease lasts until its end, and not at its end") {
    CHECK(classify(delivered(1, 10, 1001), kThree, kNow) == Verdict{State::in_flight, 1001});
    CHECK(classify(delivered(1, 10, kNow), kThree, kNow) == Verdict{State::pending, kNow});
}

TEST_CASE("a lease that ends before its message is available lasts until then") {
    CHECK(classify(delivered(1, 2000, 1500), kThree, kNow) == Verdict{State::in_flight, 2000});
}

TEST_CASE(
    "a message that used up its deliveries is exhausted, delayed or not, once its lease ends") {
    CHECK(classify(delivered(3, 10), kThree, kNow) == Verdict{State::exhausted, core::kNever});
    CHECK(classify(delivered(4, 5000), kThree, kNow) == Verdict{State::exhausted, core::kNever});
    CHECK(classify(delivered(3, 10, 1001), kThree, kNow) == Verdict{State::in_flight, 1001});
}
