// Finding a workflow without a query.
//
// Each backend keeps the workflows it used, as long as it hears of no change of a queue or a workflow
// (trigger workflows_changed). Nobody drops a workflow while somebody holds its queue.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "core/backoff.hpp"
#include "core/duration.hpp"
#include "core/failure.hpp"
#include "engine/queue_cache.hpp"
#include "engine/table.hpp"

namespace pgqrs::workflow {

struct Workflow {
    std::int32_t id;
    std::string name;
    std::int32_t queue_id;
    std::string queue;
    std::string handler;  // empty: workers outside of the server execute its runs
    std::string owner;
    Oid executing_owner;  // for whom the server executes its runs; InvalidOid when it does not
    // What the workflow says of itself; the rest holds for its queue.
    std::optional<std::int32_t> max_attempts;
    std::optional<core::BackoffKind> backoff_kind;
    std::optional<core::Duration> backoff_base;
    std::optional<core::Duration> backoff_cap;
    std::optional<double> backoff_jitter;
    core::Duration run_timeout;  // 0: none

    // Valid as long as this object.
    engine::Access access(core::Rights rights) const { return {queue_id, queue, rights}; }
    core::FailureRule rule_in(const engine::Queue& queue) const;
    // The time when a run that starts then ends as timed_out.
    std::optional<core::Instant> deadline_after(core::Instant start) const;
};

// The workflow; raises PQ015 when there is none, PQ004 when there cannot be one.
Workflow find_workflow(std::string_view name);
std::optional<Workflow> find_workflow_by_id(std::int32_t id);
// The same where a missing workflow is no error.
std::optional<Workflow> find_workflow_if_any(std::string_view name);

// The same two, and nobody can drop it before the end of this transaction.
Workflow hold_workflow(std::string_view name);
std::optional<Workflow> hold_workflow_if_any(std::string_view name);

// Raises PQ015, or PQ004 when there cannot be one of that name.
[[noreturn]] void raise_no_workflow(std::string_view name);

}  // namespace pgqrs::workflow
