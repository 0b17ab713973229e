// The end of runs, which is written once, and of deliveries that failed.
#pragma once

#include <cstdint>
#include <functional>
#include <optional>
#include <span>
#include <string_view>
#include <vector>

#include "core/duration.hpp"
#include "core/message.hpp"
#include "core/run.hpp"
#include "pg/call.hpp"
#include "pg/rows.hpp"
#include "workflow/fence.hpp"

namespace pgqrs::workflow {

// How a run ends.
struct Ending {
    core::Final final;
    pg::Value output = pg::null_of(JSONBOID);
    std::optional<std::string_view> error = {};
    // The run that goes on instead of it. What follows from the end of a run then follows from the end of that.
    std::optional<std::int64_t> continued_as = {};
};

// Ends the run, whose message the caller has locked for update: takes the message out of the queue, writes
// the outcome, wakes the parent, and has the children cancelled that shall not outlive it.
void end_run(const LiveRun& run, const Ending& ending);

// The same for runs whose messages the engine has taken out of their queue, for a reason of its own.
void end_removed_runs(const engine::Access& queue, std::span<const core::Message> removed,
                      const std::function<core::Outcome(const core::Message&)>& outcome_of);

// What the SQL functions do.
struct RunCompletion {
    std::int64_t run;
    std::int64_t read_ct;
    std::optional<pg::Json> output;
    std::optional<pg::Json> steps;
};
core::Final complete_run(const RunCompletion& completion);

struct RunFailure {
    std::int64_t run;
    std::int64_t read_ct;
    std::string_view error;
    bool retryable;
    std::optional<core::Span> delay;
};
void fail_run(const RunFailure& failure, pg::RowSink& sink);

void release_run(std::int64_t run, std::int64_t read_ct, std::optional<core::Instant> at,
                 core::RunReason reason);

}  // namespace pgqrs::workflow
