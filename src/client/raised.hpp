// What somebody else's code has raised, as the text of a failure.
#pragma once

#include <exception>
#include <string>

#include "pgqrs/client/error.hpp"

namespace pgqrs {

struct Raised {
    std::string error = {};  // empty: nothing was raised
    bool retryable = true;
};

// Called in a handler of exceptions; `whose`: "the handler"...
inline Raised raised_now(const std::string& whose) {
    try {
        throw;
    } catch (const std::exception& error) {
        const bool permanent = dynamic_cast<const PermanentFailure*>(&error) != nullptr ||
                               dynamic_cast<const StepFailed*>(&error) != nullptr;
        return {*error.what() != '\0' ? error.what() : whose + " failed", !permanent};
    } catch (...) {
        return {whose + " raised something that is no exception"};
    }
}

}  // namespace pgqrs
