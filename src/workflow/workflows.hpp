// The table pgqrs.workflows: creating, changing, removing, listing.
#pragma once

#include <cstdint>
#include <optional>
#include <string_view>

#include "core/duration.hpp"
#include "pg/rows.hpp"

namespace pgqrs::workflow {

struct WorkflowSettings {
    std::optional<std::string_view> handler;
    std::optional<std::string_view> description;
    std::optional<std::int64_t> max_attempts;
    std::optional<std::string_view> backoff;
    std::optional<core::Duration> backoff_base;
    std::optional<core::Duration> backoff_cap;
    std::optional<double> backoff_jitter;
    std::optional<core::Duration> run_timeout;
    std::optional<core::Duration> retention;
};

// Each answers the row of the workflow; call inside with_spi().
pg::Rows create_workflow(std::string_view name, std::optional<std::string_view> queue,
                         const WorkflowSettings& settings, bool if_not_exists);
// Leaves alone what is not given; the empty text as handler or description, and a run_timeout of 0, take the
// setting away.
pg::Rows alter_workflow(std::string_view name, const WorkflowSettings& settings);
pg::Rows get_workflow(std::string_view name);

// Answers how many runs had not ended.
std::int64_t drop_workflow(std::string_view name, bool force);

void list_workflows(std::int64_t after_id, std::int64_t quantity, pg::RowSink& sink);

}  // namespace pgqrs::workflow
