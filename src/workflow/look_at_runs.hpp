// Looking at runs and their steps, and at those that do not go on.
#pragma once

#include <cstdint>
#include <optional>
#include <string_view>

#include "core/instant.hpp"
#include "pg/rows.hpp"

namespace pgqrs::workflow {

// Sends the run as pgqrs.run. Raises PQ017 when there is none.
void get_run(std::int64_t run, pg::RowSink& sink);

struct RunFilter {
    std::optional<std::string_view> workflow;
    std::optional<std::string_view> state;
    // The run was started from `since` on, and before `until`.
    std::optional<core::Instant> since;
    std::optional<core::Instant> until;
    std::int64_t after_id;
    std::int64_t quantity;
};
void list_runs(const RunFilter& filter, pg::RowSink& sink);

// Both raise PQ017 when there is no such run.
void list_steps(std::int64_t run, pg::RowSink& sink);
void run_timeline(std::int64_t run, pg::RowSink& sink);

void stuck_runs(pg::RowSink& sink);

// So many runs of a workflow are looked at unless the caller says otherwise.
constexpr std::int64_t kMostCounted = 10000;

// Of one workflow, or of all. Of each it looks at `most` runs of a kind, at least one.
void workflow_metrics(const std::optional<std::string_view>& workflow, std::int64_t most,
                      pg::RowSink& sink);

}  // namespace pgqrs::workflow
