// Declaring commands and what they take, so that the same kind of argument is named, checked and explained the same way
// everywhere. Values are written while the command line is read; what is wrong with one is a UsageError.
#pragma once

#include <cstdint>
#include <functional>
#include <optional>
#include <string>
#include <vector>

#include "cli/context.hpp"
#include "pgqrs/client/time.hpp"

namespace CLI {
class App;
class Option;
}  // namespace CLI

namespace pgqrs::cli {

using Action = std::function<void(Context&)>;

class Command {
public:
    // `chosen` becomes the action of the command that was given. Both must outlive the command.
    Command(CLI::App& app, Action& chosen) : app_(&app), chosen_(&chosen) {}

    // A command below this one.
    Command add(const std::string& name, const std::string& about);
    void runs(Action action);

    // Arguments without a name, in the order in which they are declared.
    void queue(std::string& target);
    void queue(std::optional<std::string>& target);  // may be left out
    void workflow(std::string& target);
    void workflow(std::optional<std::string>& target);  // may be left out
    void text(const std::string& name, std::string& target, const std::string& about);
    void text(const std::string& name, std::optional<std::string>& target,
              const std::string& about);  // may be left out
    void id(const std::string& name, std::int64_t& target, const std::string& about);
    void ids(std::vector<std::int64_t>& target, const std::string& about);           // one or more
    void optional_ids(std::vector<std::int64_t>& target, const std::string& about);  // none or more
    void duration(const std::string& name, Duration& target, const std::string& about);

    // Options, "--name" or "-n,--name". What is not given stays as it is.
    void flag(const std::string& name, bool& target, const std::string& about);
    void set_flag(const std::string& name, std::optional<bool>& target, const std::string& about);
    void option(const std::string& name, std::optional<std::string>& target,
                const std::string& about);
    void option(const std::string& name, std::optional<Duration>& target, const std::string& about);
    void option(const std::string& name, std::optional<bool>& target, const std::string& about);
    // A time, or a length of time that is counted from now.
    void past(const std::string& name, std::optional<TimePoint>& target, const std::string& about);
    void future(const std::string& name, std::optional<TimePoint>& target,
                const std::string& about);
    void number(const std::string& name, std::optional<int>& target, int least, int most,
                const std::string& about);
    void real(const std::string& name, std::optional<double>& target, const std::string& about);
    // From 0 to 1.
    void fraction(const std::string& name, std::optional<double>& target, const std::string& about);
    void id_option(const std::string& name, std::optional<std::int64_t>& target,
                   const std::string& about);
    // From 1, as far as there are numbers.
    void count(const std::string& name, std::optional<std::int64_t>& target,
               const std::string& about);
    void words(const std::string& name, std::vector<std::string>& target, const std::string& type,
               const std::string& about);  // may be repeated
    void file(const std::string& name, std::optional<std::string>& target,
              const std::string& about);
    void choice(const std::string& name, std::optional<std::string>& target,
                const std::vector<std::string>& words, const std::string& about);
    // The help does not show it.
    void hide();
    // The option must be given.
    void require(const std::string& name);

    // For what the functions above do not cover.
    CLI::App& app() noexcept { return *app_; }

private:
    CLI::App* app_;
    Action* chosen_;
};

}  // namespace pgqrs::cli
