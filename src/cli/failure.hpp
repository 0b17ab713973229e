// Errors of the command line itself. Those of the client library are pgqrs::Error.
#pragma once

#include <stdexcept>
#include <string>
#include <utility>

#include "cli/exit.hpp"

namespace pgqrs::cli {

// message: lower case, no full stop; hint: a sentence, or empty.
class Failure : public std::runtime_error {
public:
    Failure(Exit code, const std::string& message, std::string hint = {})
        : std::runtime_error(message), code_(code), hint_(std::move(hint)) {}
    Exit code() const noexcept { return code_; }
    const std::string& hint() const noexcept { return hint_; }

private:
    Exit code_;
    std::string hint_;
};

// The command line is wrong; nothing was done.
class UsageError : public Failure {
public:
    explicit UsageError(const std::string& message, std::string hint = {})
        : Failure(Exit::usage, message, std::move(hint)) {}
};

// Who reads our stdout has gone: end without a word.
class ReaderGone : public Failure {
public:
    ReaderGone() : Failure(Exit::reader_gone, "nobody reads the output") {}
};

}  // namespace pgqrs::cli
