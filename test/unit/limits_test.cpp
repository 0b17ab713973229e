// Range checks of arguments: accepted at the limit, refused one beyond it, with limit and value in the error.
#include <cstdint>
#include <limits>
#include <string_view>

#include "catch.hpp"
#include "core/limits.hpp"
#include "raised.hpp"

namespace core = pgqrs::core;
using core::Error;
using core::SqlState;

namespace {

constexpr std::int64_t kMost = std::numeric_limits<std::int64_t>::max();
constexpr std::int64_t kLeast = std::numeric_limits<std::int64_t>::min();

bool contains(std::string_view text, std::string_view part) {
    return text.find(part) != std::string_view::npos;
}

}  // namespace

TEST_CASE("arguments have the documented limits") {
    CHECK(core::kHighestPriority == 0);
    CHECK(core::kLowestPriority == 9);
    CHECK(core::kPriorities == 10);
    CHECK(core::kDefaultMaxPayloadBytes == 1'048'576);
    CHECK(core::kDefaultMaxBatch == 10'000);
    CHECK(core::kUnlimitedDeliveries == std::numeric_limits<std::int32_t>::max());
}

TEST_CASE("priorities are 0 to 9") {
    for (std::int64_t priority = 0; priority <= 9; ++priority) {
        INFO("priority " << priority);
        CHECK_NOTHROW(core::check_priority(priority));
    }
}

TEST_CASE("other priorities are refused with value and limits") {
    const Error below = raised([] { core::check_priority(-1); });
    CHECK(below.state() == SqlState::invalid_argument);
    CHECK(below.message() == "priority is out of range: -1");
    CHECK(contains(below.detail(), "from 0 "));
    CHECK(contains(below.detail(), "to 9."));
    const Error above = raised([] { core::check_priority(10); });
    CHECK(above.state() == SqlState::invalid_argument);
    CHECK(above.message() == "priority is out of range: 10");
    CHECK(above.detail() == below.detail());
    CHECK(raised([] { core::check_priority(kLeast); }).message() ==
          "priority is out of range: -9223372036854775808");
    CHECK(raised([] { core::check_priority(kMost); }).message() ==
          "priority is out of range: 9223372036854775807");
}

TEST_CASE("a quantity is 1 to the limit") {
    CHECK_NOTHROW(core::check_quantity(1, 10'000));
    CHECK_NOTHROW(core::check_quantity(10'000, 10'000));
    CHECK_NOTHROW(core::check_quantity(1, 1));
}

TEST_CASE("a quantity below 1 is an invalid argument") {
    for (const std::int64_t quantity : {std::int64_t{0}, std::int64_t{-1}, kLeast}) {
        const Error error = raised([&] { core::check_quantity(quantity, 10'000); });
        CHECK(error.state() == SqlState::invalid_argument);
        CHECK(error.message() == "qty must be at least 1: " + std::to_string(quantity));
    }
}

TEST_CASE("a quantity over the limit exceeds the limit of a batch") {
    const Error error = raised([] { core::check_quantity(10'001, 10'000); });
    CHECK(error.state() == SqlState::limit_exceeded);
    CHECK(contains(error.message(), "10001"));
    CHECK(contains(error.message(), "limit of 10000"));
    CHECK(raised([] { core::check_quantity(2, 1); }).state() == SqlState::limit_exceeded);
    CHECK(raised([] { core::check_quantity(kMost, 1); }).state() == SqlState::limit_exceeded);
}

TEST_CASE("a batch is up to the limit, and may be empty") {
    CHECK_NOTHROW(core::check_batch_size(0, 10));
    CHECK_NOTHROW(core::check_batch_size(10, 10));
}

TEST_CASE("a batch over the limit is refused with value, limit and the setting") {
    const Error error = raised([] { core::check_batch_size(11, 10); });
    CHECK(error.state() == SqlState::limit_exceeded);
    CHECK(error.message() == "batch of 11 is over the limit of 10");
    CHECK(error.detail().empty());
    CHECK(contains(error.hint(), "pgqrs.max_batch_size"));
}

TEST_CASE("a payload is up to the limit") {
    CHECK_NOTHROW(core::check_payload_size(0, 1'048'576, "payload"));
    CHECK_NOTHROW(core::check_payload_size(1'048'576, 1'048'576, "payload"));
}

TEST_CASE("a payload over the limit is refused with its position, value, limit and the setting") {
    const Error error = raised([] { core::check_payload_size(1'048'577, 1'048'576, "payload 3"); });
    CHECK(error.state() == SqlState::payload_rejected);
    CHECK(error.message() == "payload 3 has 1048577 bytes, over the limit of 1048576");
    CHECK(!error.detail().empty());
    CHECK(contains(error.hint(), "pgqrs.max_payload_size"));
    CHECK(raised([] { core::check_payload_size(2, 1, "headers"); }).message() ==
          "headers has 2 bytes, over the limit of 1");
}

TEST_CASE("a bigint that is no integer is refused with value and limits") {
    CHECK(core::integer_of(0, "pid") == 0);
    CHECK(core::integer_of(INT32_MAX, "pid") == INT32_MAX);
    CHECK(core::integer_of(INT32_MIN, "pid") == INT32_MIN);
    for (const std::int64_t value : {std::int64_t{INT32_MAX} + 1, std::int64_t{INT32_MIN} - 1,
                                     kMost, kLeast, std::int64_t{1} << 32}) {
        const Error error = raised([&] { core::integer_of(value, "pid"); });
        CHECK(error.state() == SqlState::invalid_argument);
        CHECK(error.message() == "pid is out of range: " + std::to_string(value));
        CHECK(error.detail() == "It must be from -2147483648 to 2147483647.");
    }
}

TEST_CASE("max_deliveries fits the type integer") {
    for (const std::int64_t deliveries : {std::int64_t{INT32_MAX} + 1, kMost}) {
        const Error error = raised([&] { core::check_max_deliveries(deliveries); });
        CHECK(error.state() == SqlState::invalid_argument);
        CHECK(error.message() == "max_deliveries is out of range: " + std::to_string(deliveries));
        CHECK(error.detail() == "It must be from 1 to 2147483647.");
    }
}

TEST_CASE("max_deliveries is at least 1") {
    CHECK_NOTHROW(core::check_max_deliveries(1));
    CHECK_NOTHROW(core::check_max_deliveries(core::kUnlimitedDeliveries));
    for (const std::int64_t deliveries : {std::int64_t{0}, std::int64_t{-1}, kLeast}) {
        const Error error = raised([&] { core::check_max_deliveries(deliveries); });
        CHECK(error.state() == SqlState::invalid_argument);
        CHECK(error.message() ==
              "max_deliveries must be at least 1: " + std::to_string(deliveries));
    }
}
