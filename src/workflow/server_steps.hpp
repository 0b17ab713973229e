// The steps of a procedure that the server executes as a run (current_run.hpp).
//
// Each of them is a procedure that commits: what a step does becomes visible together with its record. They
// call the same functions as a worker outside of the server, with the run and its delivery filled in. A step
// that was recorded before changes nothing and locks nothing.
#pragma once

#include <functional>
#include <optional>
#include <span>
#include <string_view>
#include <vector>

#include "core/backoff.hpp"
#include "core/duration.hpp"
#include "core/instant.hpp"
#include "core/run.hpp"
#include "pg/call.hpp"

namespace pgqrs::workflow {

using Commit = std::function<void()>;

struct ServerStep {
    std::string_view name;
    std::string_view function;
    pg::Value argument;
    bool returns_error;  // instead of raising it
    // As in fail_step().
    std::int64_t max_attempts;
    std::string_view backoff;
    core::Duration backoff_base;
    core::Duration backoff_cap;
};

// What a step, or a wait, has come to. Values last as long as the memory that was current.
struct StepResult {
    pg::Value output = pg::null_of(JSONBOID);
    pg::Value error = pg::null_of(TEXTOID);
};
// A function that fails is called again after the back-off, up to max_attempts times: the run leaves its
// procedure until then. After that, PQ025 is raised or the error is answered.
StepResult execute_step(const ServerStep& step, const Commit& commit);

struct WaitResult {
    pg::Value value;
    bool timed_out;
};
void sleep_step(std::string_view name, const pg::Value& duration, const pg::Value& until,
                const Commit& commit);
WaitResult wait_signal_step(std::string_view name, std::string_view signal,
                            const pg::Value& timeout, const Commit& commit);
WaitResult wait_event_step(std::string_view name, std::string_view event, const pg::Value& timeout,
                           const Commit& commit);
WaitResult wait_runs_step(std::string_view name, const pg::Value& runs, std::string_view mode,
                          const pg::Value& timeout, const Commit& commit);

struct ServerChild {
    std::string_view name;
    std::string_view workflow;
    std::string_view on_parent_end;
};
std::int64_t start_child_step(const ServerChild& child, const pg::Value& input,
                              std::int64_t priority, const pg::Value& delay, const Commit& commit);
std::vector<std::int64_t> start_children_step(const ServerChild& child, const pg::Value& inputs,
                                              const Commit& commit);

// Ends the run, and starts one that goes on instead of it. Does not return.
[[noreturn]] void continue_as_new_step(const pg::Value& input, const Commit& commit);

}  // namespace pgqrs::workflow
