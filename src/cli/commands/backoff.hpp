// Options that say how long something that failed waits: those of queues and of workflows.
#pragma once

#include <optional>
#include <string>

#include "cli/command_line/command.hpp"
#include "pgqrs/client/message.hpp"

namespace pgqrs::cli {

// Where the options go.
struct BackoffTargets {
    std::optional<std::string>& word;
    std::optional<Duration>& base;
    std::optional<Duration>& cap;
    std::optional<double>& jitter;
};

// With the defaults of a queue in the help, if they count.
void add_backoff(Command& command, const BackoffTargets& targets, bool with_defaults);

std::optional<Backoff> backoff_of(const std::optional<std::string>& word);

}  // namespace pgqrs::cli
