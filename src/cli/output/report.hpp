// How errors are told: `error: ...`, and `hint: ...` when there is one.
#pragma once

#include <exception>
#include <string>
#include <string_view>

#include "cli/context.hpp"
#include "cli/exit.hpp"

namespace pgqrs::cli {

// All of it; what cannot be written is lost.
void write_to_stderr(std::string_view text) noexcept;

// Writes the error to stderr, and to the log when that is a file. The exit code it means. Without a context, because the
// command line was wrong, as if no global option had been given.
Exit report(const std::exception& error, Context* context);

}  // namespace pgqrs::cli
