// The rules of the server's core that the client checks before a round trip, with the client's exception.
#pragma once

#include "pgqrs/client/error.hpp"
#include "core/error.hpp"

namespace pgqrs {

// Runs a check of core/ and turns what it raises into InvalidArgument with the same words and SQLSTATE.
template <typename Check>
void check_by(const Check& check) {
    try {
        check();
    } catch (const core::Error& error) {
        throw InvalidArgument(Error::Parts{std::string(core::code_of(error.state())),
                                           error.message(), error.detail(), error.hint()});
    }
}

}  // namespace pgqrs
