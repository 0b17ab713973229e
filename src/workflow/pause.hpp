// Pausing runs.
//
// A paused run is parked, and its row in pgqrs.run_requests stays until the pause ends.
#pragma once

#include <cstdint>
#include <optional>
#include <string_view>

namespace pgqrs::workflow {

enum class Paused {
    paused,     // no worker gets it
    requested,  // its worker has it, and gives it back to the pause
    ended,      // it had ended before
};

// Both raise PQ017 when there is no such run.
Paused pause_run(std::int64_t run, std::optional<std::string_view> reason);
// Ends a pause, or one that is asked for, or the wait for a worker that knows the workflow. Answers whether
// there was one.
bool resume_run(std::int64_t run);

}  // namespace pgqrs::workflow
