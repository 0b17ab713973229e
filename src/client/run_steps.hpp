// Executes steps of a run on one connection: once by the handler's thread, and by each thread of parallel steps.
#pragma once

#include <optional>
#include <string>

#include "raised.hpp"
#include "run_context.hpp"

namespace pgqrs {

class RunSteps {
public:
    RunSteps(RunContext& context, Connection& connection)
        : context_(context), connection_(connection) {}

    // The output of the step, recorded before or now.
    std::optional<std::string> step(const StepKey& key, const detail::StepFunction& function,
                                    const StepOptions& options);
    std::optional<std::string> step_in_transaction(const StepKey& key,
                                                   const detail::StepFunction& function,
                                                   const StepOptions& options);

private:
    using Output = std::optional<std::string>;

    // What is known of a step that is to be executed.
    struct Known {
        int attempt = 0;
        std::optional<LeaseKeeper::Clock::time_point> due = {};
        std::optional<Output> output = {};  // recorded: there is nothing to execute
    };
    Known look(const StepKey& key, const StepOptions& options);
    Known known_of(const StepKey& key, const RecordedStep& step);
    std::optional<RecordedStep> ask_for(const StepKey& key);
    Output recorded_by_others(const StepKey& key);
    std::optional<Raised> execute(const StepKey& key, const detail::StepFunction& function,
                                  int attempt, Output& output);
    std::optional<Raised> record(const StepKey& key, const StepOptions& options, Output& output);
    std::optional<Raised> execute_in_transaction(const StepKey& key,
                                                 const detail::StepFunction& function,
                                                 const StepOptions& options, int attempt,
                                                 Output& output, bool& recorded);
    void note(const StepKey& key, const Raised& failure, const StepOptions& options, Known& known);

    RunContext& context_;
    Connection& connection_;
};

// "run:name:seq"
std::string step_key_of(const RunDelivery& run, const std::string& name, std::int64_t seq);

}  // namespace pgqrs
