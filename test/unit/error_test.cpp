// The error of the C++ code: it keeps its parts apart and survives being thrown, copied and caught as a base class.
#include <exception>
#include <string>
#include <string_view>

#include "catch.hpp"
#include "core/error.hpp"
#include "raised.hpp"

using pgqrs::core::Error;
using pgqrs::core::SqlState;

TEST_CASE("an error keeps state, message, detail and hint") {
    const Error error(SqlState::queue_exists, "the message", "The detail.", "The hint.");
    CHECK(error.state() == SqlState::queue_exists);
    CHECK(error.message() == "the message");
    CHECK(error.detail() == "The detail.");
    CHECK(error.hint() == "The hint.");
    CHECK(std::string_view(error.what()) == "the message");
}

TEST_CASE("detail and hint are empty unless given") {
    const Error bare(SqlState::invalid_name, "the message");
    CHECK(bare.detail().empty());
    CHECK(bare.hint().empty());
    const Error detailed(SqlState::invalid_name, "the message", "The detail.");
    CHECK(detailed.detail() == "The detail.");
    CHECK(detailed.hint().empty());
}

TEST_CASE("an error can be caught as std::exception, with its message") {
    std::string caught;
    try {
        throw Error(SqlState::lease_lost, "lease lost", "Detail.");
    } catch (const std::exception& error) {
        caught = error.what();
    }
    CHECK(caught == "lease lost");
}

TEST_CASE("a copy does not depend on the error it was made of") {
    const Error copy = raised([] {
        const std::string long_message(200, 'm');
        throw Error(SqlState::limit_exceeded, long_message, std::string(200, 'd'),
                    std::string(200, 'h'));
    });
    CHECK(copy.state() == SqlState::limit_exceeded);
    CHECK(copy.message() == std::string(200, 'm'));
    CHECK(std::string_view(copy.what()) == std::string(200, 'm'));
    CHECK(copy.detail() == std::string(200, 'd'));
    CHECK(copy.hint() == std::string(200, 'h'));
}
