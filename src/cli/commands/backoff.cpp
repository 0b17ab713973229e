// Options that say how long something that failed waits.
#include "cli/commands/backoff.hpp"

namespace pgqrs::cli {

void add_backoff(Command& command, const BackoffTargets& targets, bool with_defaults) {
    const auto usual = [&](const char* value) {
        return with_defaults ? " [" + std::string(value) + "]" : std::string();
    };
    command.choice("--backoff", targets.word, {"fixed", "linear", "exponential"},
                   "How the wait grows from one failure to the next" + usual("exponential"));
    command.option("--backoff-base", targets.base,
                   "The wait after the first failure" + usual("1s"));
    command.option("--backoff-cap", targets.cap, "The longest wait" + usual("1h"));
    command.fraction("--backoff-jitter", targets.jitter,
                     "The part of a wait that chance may take off" + usual("0.1"));
}

std::optional<Backoff> backoff_of(const std::optional<std::string>& word) {
    for (const auto one : {Backoff::fixed, Backoff::linear, Backoff::exponential}) {
        if (word == to_string(one)) {
            return one;
        }
    }
    return std::nullopt;
}

}  // namespace pgqrs::cli
