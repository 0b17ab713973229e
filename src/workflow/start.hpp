// Starting runs of workflows.
#pragma once

#include <cstdint>
#include <optional>
#include <span>
#include <string_view>
#include <vector>

#include "core/run.hpp"
#include "pg/call.hpp"
#include "pg/rows.hpp"
#include "workflow/keys.hpp"
#include "workflow/workflow_cache.hpp"

namespace pgqrs::workflow {

// What holds for all runs that a call starts.
struct NewRuns {
    std::int64_t priority;
    core::Span delay;
    std::optional<std::string_view> version = {};
    std::optional<core::Instant> deadline = {};
    std::optional<pg::Json> headers = {};
    // The run that starts them, and whether they are cancelled with it.
    std::optional<std::int64_t> parent = {};
    bool cancel_with_parent = true;
    // The first run of the chain that they continue.
    std::optional<std::int64_t> first = {};
    // The rights that the caller needs on the queue.
    core::Rights rights = core::rights_for("start_workflow");
};

struct StartRequest {
    std::string_view workflow;
    std::optional<pg::Json> input;
    std::optional<RunKey> key;
    core::OnConflict on_conflict;
    NewRuns common;
};

// One row: the run, whether this call created it, and its state.
void start_workflow(const StartRequest& request, pg::RowSink& sink);

// Adds a run for each input, and answers their ids in the order of the inputs.
std::vector<std::int64_t> start_workflows(std::string_view workflow,
                                          std::span<const std::optional<pg::Json>> inputs,
                                          const NewRuns& common);

// The parts of it, for those who write more than the runs. They need the workflow held, and no with_spi().

// Raises what is wrong with them.
void check_start(const std::optional<pg::Json>& input, const NewRuns& common);
void check_starts(std::span<const std::optional<pg::Json>> inputs, const NewRuns& common);
std::vector<std::int64_t> take_run_ids(const Workflow& workflow, const NewRuns& common,
                                       std::size_t count);
void add_runs(const Workflow& workflow, const NewRuns& common, std::span<const std::int64_t> ids,
              std::span<const std::optional<pg::Json>> inputs,
              std::optional<std::string_view> key = {});

}  // namespace pgqrs::workflow
