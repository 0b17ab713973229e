#include "workflow/workflow_cache.hpp"

#include <map>

#include "core/error.hpp"
#include "core/names.hpp"
#include "engine/access.hpp"
#include "engine/tables.hpp"
#include "pg/spi.hpp"
#include "pg/user.hpp"

namespace pgqrs::workflow {
namespace {

using Registry = std::map<std::int32_t, Workflow>;

// Lives as long as the backend. What it has is of this state of the queue cache.
constinit Registry* registry = nullptr;
constinit std::uint32_t known_since = 0;

#define PGQRS_WORKFLOW                                                            \
    "SELECT w.id, w.name, q.id, q.name, coalesce(w.handler, ''), w.max_attempts," \
    " w.backoff::text, w.backoff_base, w.backoff_cap, w.backoff_jitter,"          \
    " coalesce(w.run_timeout, '0'), w.owner"                                      \
    " FROM pgqrs.workflows AS w JOIN pgqrs.queues AS q ON q.id = w.queue_id WHERE "

constinit pg::Statement select_by_name(PGQRS_WORKFLOW "w.name = $1");
constinit pg::Statement select_by_id(PGQRS_WORKFLOW "w.id = $1");

std::optional<core::Duration> interval_or_none(const pg::Rows& rows, int column) {
    return rows.at(0, column).null ? std::nullopt : std::optional(rows.interval(0, column));
}

// Forgets what may have changed, and answers what is known.
Registry& current() {
    if (registry == nullptr) {
        registry = new Registry;
    }
    const std::uint32_t now = engine::queues_generation();
    if (now != known_since) {
        registry->clear();
        known_since = now;
    }
    return *registry;
}

// Whether a workflow of a name exists is no secret from who may call the functions.
std::optional<Workflow> load(pg::Statement& statement, const pg::Value& value) {
    return pg::with_spi([&]() -> std::optional<Workflow> {
        const engine::StatementRights rights(
            {{&engine::kWorkflows, ACL_SELECT}, {&engine::kQueues, ACL_SELECT}});
        const pg::Rows rows = statement.run_latest({value});
        if (rows.empty()) {
            return std::nullopt;
        }
        const pg::Value kind = rows.at(0, 7);
        return Workflow{
            .id = rows.int4(0, 1),
            .name = std::string(pg::text_of(rows.at(0, 2))),
            .queue_id = rows.int4(0, 3),
            .queue = std::string(pg::text_of(rows.at(0, 4))),
            .handler = std::string(pg::text_of(rows.at(0, 5))),
            .owner = std::string(pg::text_of(rows.at(0, 12))),
            .executing_owner = pg::text_of(rows.at(0, 5)).empty()
                                   ? InvalidOid
                                   : pg::find_role(pg::text_of(rows.at(0, 12))),
            .max_attempts = rows.optional_int4(0, 6),
            .backoff_kind = kind.null ? std::nullopt : core::backoff_kind(pg::text_of(kind)),
            .backoff_base = interval_or_none(rows, 8),
            .backoff_cap = interval_or_none(rows, 9),
            .backoff_jitter =
                rows.at(0, 10).null ? std::nullopt : std::optional(rows.float8(0, 10)),
            .run_timeout = rows.interval(0, 11)};
    });
}

std::optional<Workflow> keep(const std::optional<Workflow>& workflow) {
    if (workflow) {
        registry->insert_or_assign(workflow->id, *workflow);
    }
    return workflow;
}

}  // namespace

core::FailureRule Workflow::rule_in(const engine::Queue& queue) const {
    return {.max_attempts = max_attempts.value_or(queue.max_attempts),
            .backoff = {.kind = backoff_kind.value_or(queue.backoff.kind),
                        .base = backoff_base.value_or(queue.backoff.base),
                        .cap = backoff_cap.value_or(queue.backoff.cap),
                        .jitter = backoff_jitter.value_or(queue.backoff.jitter)}};
}

std::optional<core::Instant> Workflow::deadline_after(core::Instant start) const {
    return run_timeout > 0 ? std::optional(start + run_timeout) : std::nullopt;
}

void raise_no_workflow(std::string_view name) {
    core::check_workflow_name(name);
    throw core::Error(core::SqlState::workflow_not_found,
                      "workflow \"" + std::string(name) + "\" does not exist");
}

std::optional<Workflow> find_workflow_if_any(std::string_view name) {
    for (const auto& [id, workflow] : current()) {
        if (workflow.name == name) {
            return workflow;
        }
    }
    return keep(load(select_by_name, pg::text(name)));
}

Workflow find_workflow(std::string_view name) {
    auto workflow = find_workflow_if_any(name);
    if (!workflow) {
        raise_no_workflow(name);
    }
    return *std::move(workflow);
}

std::optional<Workflow> find_workflow_by_id(std::int32_t id) {
    const Registry& known = current();
    const auto found = known.find(id);
    return found != known.end() ? std::optional(found->second)
                                : keep(load(select_by_id, pg::int4(id)));
}

std::optional<Workflow> hold_workflow_if_any(std::string_view name) {
    auto workflow = find_workflow_if_any(name);
    while (workflow) {
        // Taking the lock also takes in what was committed before.
        engine::hold_queue_if_any(workflow->queue);
        auto held = find_workflow_if_any(name);
        if (held && held->queue == workflow->queue) {
            return held;
        }
        workflow = std::move(held);
    }
    return std::nullopt;
}

Workflow hold_workflow(std::string_view name) {
    auto workflow = hold_workflow_if_any(name);
    if (!workflow) {
        raise_no_workflow(name);
    }
    return *std::move(workflow);
}

}  // namespace pgqrs::workflow
