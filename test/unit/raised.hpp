// The error a call raises, for the unit tests to look into; the test case fails when there is none.
#pragma once

#include <stdexcept>

#include "catch.hpp"
#include "core/error.hpp"

// An exception of any other type passes through and fails the test case, too.
template <typename Call>
pgqrs::core::Error raised(Call&& call) {
    try {
        call();
    } catch (const pgqrs::core::Error& error) {
        return error;
    }
    FAIL("no error was raised");
    throw std::logic_error("not reached");
}
