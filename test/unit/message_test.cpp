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

TEST_CASE("deliveries that were given back do not count against the limit") {
    core::Message message = delivered(5, 10);
    message.given_back = 3;
    CHECK(classify(message, kThree, kNow).state == State::pending);
    message.read_ct = 6;
    CHECK(classify(message, kThree, kNow) == Verdict{State::exhausted, core::kNever});
}

TEST_CASE("a message expires at its time, unless somebody has it") {
    core::Message message = delivered(0, 10);
    message.expires_at = 1001;
    CHECK(classify(message, kThree, kNow).state == State::pending);
    message.expires_at = kNow;
    CHECK(classify(message, kThree, kNow) == Verdict{State::expired, core::kNever});
    message.lease_end = 2000;
    CHECK(classify(message, kThree, kNow) == Verdict{State::in_flight, 2000});
}

TEST_CASE("a message that is to be cancelled is never delivered again") {
    core::Message message = delivered(1, 10, 1001);
    message.flags = core::kToBeCancelled;
    CHECK(classify(message, kThree, kNow).state == State::in_flight);
    message.lease_end = core::kBeginning;
    CHECK(classify(message, kThree, kNow) == Verdict{State::cancelled, core::kNever});
    message.available_at = 5000;
    CHECK(classify(message, kThree, kNow).state == State::cancelled);
}

TEST_CASE("a parked message waits whatever the time, unless it leaves") {
    core::Message message = delivered(0, 10);
    message.priority = core::kParked;
    CHECK(classify(message, kThree, kNow) == Verdict{State::parked, core::kNever});
    message.expires_at = kNow;
    CHECK(classify(message, kThree, kNow).state == State::expired);
}

TEST_CASE("a message that leaves does so with the outcome of its state") {
    CHECK(core::outcome_of(State::exhausted) == core::Outcome::dead);
    CHECK(core::outcome_of(State::expired) == core::Outcome::expired);
    CHECK(core::outcome_of(State::cancelled) == core::Outcome::cancelled);
    for (const State state : {State::pending, State::parked, State::delayed, State::in_flight}) {
        CHECK_FALSE(core::is_leaving(state));
    }
}
