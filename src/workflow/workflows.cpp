#include "workflow/workflows.hpp"

#include <string>
#include <vector>

#include "core/backoff.hpp"
#include "core/error.hpp"
#include "core/limits.hpp"
#include "core/names.hpp"
#include "engine/access.hpp"
#include "engine/journal.hpp"
#include "engine/queue_alone.hpp"
#include "engine/queue_cache.hpp"
#include "engine/settings.hpp"
#include "engine/tables.hpp"
#include "pg/spi.hpp"
#include "pg/transaction.hpp"
#include "queue/drop.hpp"
#include "queue/queues.hpp"
#include "workflow/give_back.hpp"
#include "workflow/handler.hpp"
#include "workflow/run_rows.hpp"
#include "workflow/workflow_cache.hpp"

namespace pgqrs::workflow {
namespace {

constinit pg::Statement insert_workflow(R"sql(
    INSERT INTO pgqrs.workflows (
        name, queue_id, handler, description, max_attempts, backoff, backoff_base, backoff_cap,
        backoff_jitter, run_timeout, retention)
    VALUES (
        $1, $2, nullif($3, ''), nullif($4, ''), $5, $6::pgqrs.backoff, $7, $8, $9,
        nullif($10, '0'), $11)
    ON CONFLICT (name) DO NOTHING
    RETURNING *
)sql");

constinit pg::Statement update_workflow(R"sql(
    UPDATE pgqrs.workflows
    SET handler = nullif(coalesce($2, handler), ''),
        description = nullif(coalesce($3, description), ''),
        max_attempts = coalesce($4, max_attempts),
        backoff = coalesce($5::pgqrs.backoff, backoff),
        backoff_base = coalesce($6, backoff_base),
        backoff_cap = coalesce($7, backoff_cap),
        backoff_jitter = coalesce($8, backoff_jitter),
        run_timeout = nullif(coalesce($9, run_timeout), '0'),
        retention = coalesce($10, retention)
    WHERE id = $1
    RETURNING *
)sql");

constinit pg::Statement select_workflow("SELECT * FROM pgqrs.workflows WHERE name = $1");

constinit pg::Statement page_of_workflows(R"sql(
    SELECT *
    FROM pgqrs.workflows
    WHERE id > $1
    ORDER BY id
    LIMIT $2
)sql");

constinit pg::Statement page_of_some(R"sql(
    SELECT *
    FROM pgqrs.workflows
    WHERE id > $1
        AND queue_id = ANY ($3)
    ORDER BY id
    LIMIT $2
)sql");

// Whether workflows of the queue are executed in another way than a workflow of this handler and owner.
constinit pg::Statement select_others(R"sql(
    SELECT name
    FROM pgqrs.workflows
    WHERE queue_id = $1
        AND id <> $2
        AND ((handler IS NULL) <> ($3 = '') OR (handler IS NOT NULL AND owner <> $4))
    ORDER BY id
    LIMIT 1
)sql");

constinit pg::Statement has_messages(
    "SELECT EXISTS (SELECT FROM pgqrs.messages WHERE queue_id = $1)");
constinit pg::Statement hold_runs("UPDATE pgqrs.queues SET holds_runs = true WHERE id = $1");

constinit pg::Statement count_active(
    "SELECT count(*) FROM pgqrs.runs WHERE workflow_id = $1 AND final IS NULL");
constinit pg::Statement has_others(
    "SELECT EXISTS (SELECT FROM pgqrs.workflows WHERE queue_id = $1)");

constinit pg::Statement delete_messages(
    "DELETE FROM pgqrs.messages WHERE id IN (SELECT id FROM pgqrs.runs WHERE workflow_id = $1)",
    pg::Planning::indexed);
constinit pg::Statement page_of_runs(R"sql(
    SELECT id
    FROM pgqrs.runs
    WHERE workflow_id = $1
        AND id > $2
    ORDER BY id
    LIMIT 1000
)sql",
                                     pg::Planning::indexed);
constinit pg::Statement delete_keys("DELETE FROM pgqrs.keys WHERE workflow_id = $1");
constinit pg::Statement delete_workflow("DELETE FROM pgqrs.workflows WHERE id = $1");
constinit pg::Statement delete_events("DELETE FROM pgqrs.events WHERE queue_id = $1");
constinit pg::Statement delete_wakes("DELETE FROM pgqrs.wakes WHERE queue_id = $1");

constexpr engine::Need kSelect{&engine::kWorkflows, ACL_SELECT};
constexpr engine::Need kUpdate{&engine::kWorkflows, ACL_SELECT | ACL_UPDATE};
constexpr AclMode kReadAndDelete = ACL_SELECT | ACL_DELETE;
constexpr std::initializer_list<engine::Need> kDropped = {
    {&engine::kWorkflows, kReadAndDelete}, {&engine::kRuns, ACL_SELECT},
    {&engine::kMessages, kReadAndDelete},  {&engine::kEvents, kReadAndDelete},
    {&engine::kWakes, kReadAndDelete},     {&engine::kKeys, kReadAndDelete}};

void check(const WorkflowSettings& settings) {
    if (settings.max_attempts) {
        core::check_max_attempts(*settings.max_attempts);
    }
    if (settings.backoff) {
        core::check_backoff_kind(*settings.backoff);
    }
    if (settings.backoff_base || settings.backoff_cap) {
        core::check_backoff_times(settings.backoff_base.value_or(0),
                                  settings.backoff_cap.value_or(core::kMaxVisibility));
    }
    if (settings.backoff_jitter) {
        core::check_backoff_jitter(*settings.backoff_jitter);
    }
    if (settings.run_timeout && *settings.run_timeout != 0) {
        core::check_visibility(*settings.run_timeout, "run_timeout");
    }
    if (settings.retention) {
        core::check_delay(*settings.retention, "retention");
    }
}

// The name to keep of a handler; nothing stays nothing.
std::optional<std::string> resolved(const std::optional<std::string_view>& handler) {
    if (!handler || handler->empty()) {
        return handler ? std::optional<std::string>("") : std::nullopt;
    }
    const auto found = find_handler(*handler);
    if (!found) {
        throw core::Error(core::SqlState::invalid_argument,
                          "procedure " + std::string(*handler) + "(bigint, jsonb) does not exist",
                          "",
                          "A handler is a procedure that takes the run and its input, and may have "
                          "the output as a third argument, INOUT. Only one of the two may exist.");
    }
    return found->name;
}

// Workers take whatever run comes next from a queue. So either the server executes all of them, as one owner, or
// none.
void require_alike(std::int32_t queue_id, std::int32_t workflow, std::string_view handler,
                   std::string_view owner) {
    const pg::Rows others = select_others.run_latest(
        {pg::int4(queue_id), pg::int4(workflow), pg::text(handler), pg::text(owner)});
    if (!others.empty()) {
        throw core::Error(core::SqlState::invalid_argument,
                          "the queue has workflow \"" + std::string(pg::text_of(others.at(0, 1))) +
                              "\", which is executed in another way",
                          "The workflows of a queue have handlers and one owner, or no handlers.",
                          "Give the workflow a queue of its own.");
    }
}

// Makes the queue one that holds runs, if it is not yet.
std::int32_t queue_for_runs(std::string_view name) {
    queue::create_queue(name,
                        {.visibility_timeout = core::kDefaultVisibility,
                         .notify = false,
                         .max_attempts = core::kDefaultMaxAttempts,
                         .backoff = core::kDefaultBackoff,
                         .backoff_base = core::kDefaultBackoffBase,
                         .backoff_cap = core::kDefaultBackoffCap,
                         .backoff_jitter = core::kDefaultBackoffJitter},
                        true);
    if (const engine::Queue held = engine::hold_queue(name); held.holds_runs) {
        return held.id;
    }
    const engine::Queue queue = engine::hold_queue_alone(name);
    if (has_messages.run_latest({pg::int4(queue.id)}).boolean(0, 1)) {
        throw core::Error(core::SqlState::queue_not_empty,
                          "queue \"" + std::string(name) + "\" holds messages",
                          "A queue holds either messages or runs of workflows.");
    }
    hold_runs.run_latest({pg::int4(queue.id)});
    return queue.id;
}

engine::Access to_manage(const Workflow& workflow) {
    return workflow.access(core::rights_for("alter_workflow"));
}

// Memory stays bounded however many there are.
void delete_runs_of(std::int32_t workflow, const engine::Access& access) {
    std::vector<std::int64_t> ids = {INT64_MIN};
    while (true) {
        {
            const engine::StatementRights rights(access, {{&engine::kRuns, ACL_SELECT}});
            const pg::Rows rows =
                page_of_runs.run_latest({pg::int4(workflow), pg::int8(ids.back())});
            ids.clear();
            for (std::uint64_t row = 0; row < rows.count(); ++row) {
                ids.push_back(rows.int8(row, 1));
            }
        }
        if (ids.empty()) {
            return;
        }
        delete_rows_of_runs(access, ids);
    }
}

}  // namespace

pg::Rows create_workflow(std::string_view name, std::optional<std::string_view> queue,
                         const WorkflowSettings& settings, bool if_not_exists) {
    core::check_workflow_name(name);
    check(settings);
    const auto existing = [&] {
        const pg::Rows rows = select_workflow.run_latest({pg::text(name)});
        if (!rows.empty() && !if_not_exists) {
            throw core::Error(core::SqlState::workflow_exists,
                              "workflow \"" + std::string(name) + "\" already exists");
        }
        return rows;
    };
    if (const pg::Rows rows = existing(); !rows.empty()) {
        return rows;
    }
    const auto handler = resolved(settings.handler);
    const std::int32_t queue_id = queue_for_runs(queue.value_or(name));
    require_alike(queue_id, 0, handler.value_or(""), pg::current_user());
    const pg::Rows created = insert_workflow.run(
        {pg::text(name), pg::int4(queue_id), pg::text(handler), pg::text(settings.description),
         pg::int4_checked(settings.max_attempts), pg::text(settings.backoff),
         pg::interval(settings.backoff_base), pg::interval(settings.backoff_cap),
         pg::float8(settings.backoff_jitter), pg::interval(settings.run_timeout),
         pg::interval(settings.retention)});
    if (!created.empty()) {
        return created;
    }
    // Somebody else was faster.
    const pg::Rows rows = existing();
    if (rows.empty()) {
        pg::raise_serialization_failure();
    }
    return rows;
}

pg::Rows alter_workflow(std::string_view name, const WorkflowSettings& settings) {
    check(settings);
    const Workflow workflow = hold_workflow(name);
    const auto handler = resolved(settings.handler);
    if (handler) {
        // The server calls it as the owner. So nobody else chooses it.
        pg::require_role(workflow.owner, "must be owner of workflow " + workflow.name);
        const engine::StatementRights rights(to_manage(workflow), {kSelect});
        require_alike(workflow.queue_id, workflow.id, *handler, workflow.owner);
    }
    wake_those_without_handler(workflow.id, to_manage(workflow));
    const engine::StatementRights rights(to_manage(workflow), {kUpdate});
    const pg::Rows altered = update_workflow.run(
        {pg::int4(workflow.id), pg::text(handler), pg::text(settings.description),
         pg::int4_checked(settings.max_attempts), pg::text(settings.backoff),
         pg::interval(settings.backoff_base), pg::interval(settings.backoff_cap),
         pg::float8(settings.backoff_jitter), pg::interval(settings.run_timeout),
         pg::interval(settings.retention)});
    if (altered.empty()) {
        pg::raise_serialization_failure();
    }
    return altered;
}

pg::Rows get_workflow(std::string_view name) {
    const Workflow workflow = find_workflow(name);
    const engine::StatementRights rights(workflow.access(core::rights_for("get_workflow")),
                                         {kSelect});
    const pg::Rows found = select_workflow.run_latest({pg::text(name)});
    if (found.empty()) {
        pg::raise_serialization_failure();
    }
    return found;
}

std::int64_t drop_workflow(std::string_view name, bool force) {
    pg::require_writable("DELETE");
    return pg::with_spi([&] {
        const Workflow workflow = find_workflow(name);
        const engine::Access access = workflow.access(core::rights_for("drop_workflow"));
        const auto decide = [&] {
            require_rows_of_runs(access);
            const engine::StatementRights rights(access, kDropped);
            const std::int64_t active = count_active.run_latest({pg::int4(workflow.id)}).int8(0, 1);
            if (active > 0 && !force) {
                throw core::Error(
                    core::SqlState::queue_not_empty,
                    "workflow \"" + std::string(name) + "\" has " + std::to_string(active) +
                        (active == 1 ? " run that has" : " runs that have") + " not ended",
                    "", "Use force => true, or cancel_run() first.");
            }
            return active;
        };
        engine::hold_name_alone(workflow.queue, {.decide = [&] { decide(); }});
        // Nobody starts a run now.
        const std::int64_t active = decide();
        const pg::Value id = pg::int4(workflow.id);
        {
            const engine::StatementRights rights(access, kDropped);
            engine::note_many_before(
                engine::marks_of(engine::find_table(engine::kMessages), workflow.queue_id));
            delete_messages.run_latest({id});
        }
        delete_runs_of(workflow.id, access);
        {
            const engine::StatementRights rights(access, kDropped);
            delete_keys.run_latest({id});
            delete_workflow.run_latest({id});
            if (has_others.run_latest({pg::int4(workflow.queue_id)}).boolean(0, 1)) {
                return active;
            }
            delete_events.run_latest({pg::int4(workflow.queue_id)});
            delete_wakes.run_latest({pg::int4(workflow.queue_id)});
        }
        if (workflow.queue == name) {
            queue::drop_queue(name, true);
        }
        return active;
    });
}

void list_workflows(std::int64_t after_id, std::int64_t quantity, pg::RowSink& sink) {
    core::check_quantity(quantity, engine::max_batch_size());
    pg::with_spi([&] {
        if (const auto some =
                engine::queues_in_reach(core::rights_for("list_workflows"), {kSelect})) {
            const engine::StatementRights rights({kSelect});
            page_of_some.look_into(sink,
                                   {pg::int8(after_id), pg::int8(quantity), pg::int4_array(*some)});
        } else {
            page_of_workflows.look_into(sink, {pg::int8(after_id), pg::int8(quantity)});
        }
    });
}

}  // namespace pgqrs::workflow
