#include "workflow/retry.hpp"

#include <string>

#include "core/error.hpp"
#include "core/limits.hpp"
#include "engine/access.hpp"
#include "engine/clock.hpp"
#include "engine/tables.hpp"
#include "pg/spi.hpp"
#include "pg/transaction.hpp"
#include "queue/produce.hpp"
#include "workflow/find_run.hpp"
#include "workflow/keys.hpp"
#include "workflow/workflow_cache.hpp"

namespace pgqrs::workflow {
namespace {

constinit pg::Statement reopen(R"sql(
    UPDATE pgqrs.runs
    SET final = NULL, output = NULL, error = NULL, finished_at = NULL
    WHERE id = $1
        AND (final = 'failed' OR final > 'failed' AND NOT $2)
    RETURNING coalesce(read_ct, 0), priority, headers
)sql",
                               pg::Planning::indexed);

// What a replay would meet as the end of its way: steps that failed for good, after which no other was begun.
constinit pg::Statement forget_last_failures(R"sql(
    DELETE FROM pgqrs.steps AS s
    WHERE s.run_id = $1
        AND s.status = 'failed'
        AND NOT EXISTS (
            SELECT
            FROM pgqrs.steps AS t
            WHERE t.run_id = $1 AND t.status <> 'failed' AND t.started_at >= s.recorded_at)
)sql",
                                             pg::Planning::indexed);

constinit pg::Statement forget_from(R"sql(
    DELETE FROM pgqrs.steps AS s
    WHERE s.run_id = $1
        AND s.started_at >= (
            SELECT f.started_at
            FROM pgqrs.steps AS f
            WHERE f.run_id = $1 AND f.name = $2 AND f.seq = $3)
)sql",
                                    pg::Planning::indexed);

// Its children are its own again.
constinit pg::Statement stop_cascade(
    "DELETE FROM pgqrs.run_requests WHERE run_id = $1 AND kind = 'cascade'", pg::Planning::indexed);

constinit pg::Statement copy_run(R"sql(
    INSERT INTO pgqrs.runs (
        id, workflow_id, queue_id, created_at, version, priority, headers, input)
    SELECT $2, workflow_id, queue_id, $3, version, priority, headers, input
    FROM pgqrs.runs
    WHERE id = $1
    RETURNING priority, headers
)sql",
                                 pg::Planning::indexed);

// Those that are only begun are not copied, and neither are children that have not ended: they are children of
// the other run.
constinit pg::Statement copy_steps(R"sql(
    INSERT INTO pgqrs.steps (
        run_id, name, seq, read_ct, kind, status, attempt, at_most_once, started_at, recorded_at,
        until, child_id, input_hash, output, error)
    SELECT
        $2, s.name, s.seq, 0, s.kind, s.status, s.attempt, s.at_most_once, s.started_at,
        s.recorded_at, s.until, s.child_id, s.input_hash, s.output, s.error
    FROM pgqrs.steps AS s
    WHERE s.run_id = $1
        AND s.status <> 'started'
        AND ($3 IS NULL OR s.started_at < (
            SELECT f.started_at
            FROM pgqrs.steps AS f
            WHERE f.run_id = $1 AND f.name = $3 AND f.seq = $4))
        AND NOT EXISTS (SELECT FROM pgqrs.runs AS c WHERE c.id = s.child_id AND c.final IS NULL)
)sql",
                                   pg::Planning::indexed);

constinit pg::Statement has_step(
    "SELECT 1 FROM pgqrs.steps WHERE run_id = $1 AND name = $2 AND seq = $3",
    pg::Planning::index_order);

constexpr engine::Need kForget{&engine::kSteps, ACL_SELECT | ACL_DELETE};

// Inside with_spi(), under the rights to read steps.
void require_step(std::int64_t run, const core::StepKey& key) {
    if (has_step.run_latest({pg::int8(run), pg::text(key.name), pg::int4(key.seq)}).empty()) {
        throw core::Error(core::SqlState::invalid_argument,
                          "run " + std::to_string(run) + " has no step \"" + std::string(key.name) +
                              "\" " + std::to_string(key.seq));
    }
}

// Has the run delivered by its queue.
void enqueue(const KnownRun& run, std::int64_t id, std::int32_t read_ct, const pg::Value& priority,
             const pg::Value& headers, core::Rights rights) {
    const auto workflow = find_workflow_by_id(run.workflow_id);
    // The size was checked when it was started.
    const std::optional<pg::Json> json =
        headers.null ? std::nullopt : std::optional(pg::Json{headers.datum, 0});
    queue::enqueue_runs(
        {.queue = run.queue,
         .priority = DatumGetInt16(priority.datum),
         .delay = {},
         .at = std::nullopt,
         .runs = true,
         .expires_at = workflow ? workflow->deadline_after(engine::clock_now()) : std::nullopt,
         .read_ct = read_ct,
         .rights = rights},
        {&id, 1}, {&json, 1});
}

// What a retry answers for a run that cannot start again: false, or PQ010.
bool refuse_unless_active(const Retry& retry, const KnownRun& run) {
    if (!retry.only_failed && run.final == core::Final::succeeded) {
        throw core::Error(core::SqlState::invalid_argument,
                          "run " + std::to_string(run.id) + " has succeeded", "",
                          "fork_run() starts a copy of it.");
    }
    return false;
}

}  // namespace

bool retry_run(const Retry& retry) {
    pg::require_writable("UPDATE");
    return pg::with_spi([&] {
        const KnownRun run = find_run(retry.run);
        const engine::Access access = run.access(retry.rights);
        engine::require_access(access, {{&engine::kRuns, ACL_SELECT | ACL_UPDATE}});
        if (!run.final || *run.final == core::Final::succeeded) {
            return refuse_unless_active(retry, run);
        }
        keep_key(access, run.id);
        const pg::Value id = pg::int8(run.id);
        const pg::Rows ended = [&] {
            const engine::StatementRights rights(
                access, {{&engine::kRuns, ACL_SELECT | ACL_UPDATE},
                         kForget,
                         {&engine::kRunRequests, ACL_SELECT | ACL_DELETE}});
            const pg::Rows rows = reopen.run_latest({id, pg::boolean(retry.only_failed)});
            if (rows.empty()) {
                return rows;
            }
            stop_cascade.run_latest({id});
            if (retry.from) {
                require_step(run.id, *retry.from);
                forget_from.run_latest({id, pg::text(retry.from->name), pg::int4(retry.from->seq)});
            } else {
                forget_last_failures.run_latest({id});
            }
            return rows;
        }();
        if (ended.empty()) {
            return refuse_unless_active(retry, find_run(run.id));
        }
        enqueue(run, run.id, ended.int4(0, 1), ended.at(0, 2), ended.at(0, 3), retry.rights);
        return true;
    });
}

bool retry_failed_run(std::int64_t run, core::Rights rights) {
    return retry_run({.run = run, .only_failed = true, .rights = rights});
}

std::int64_t fork_run(std::int64_t id, const std::optional<core::StepKey>& from) {
    constexpr core::Rights kRights = core::rights_for("fork_run");
    pg::require_writable("INSERT");
    return pg::with_spi([&] {
        const KnownRun run = find_run(id);
        const engine::Access access = run.access(kRights);
        // Nobody drops the workflow meanwhile.
        engine::hold_queue(run.queue);
        const std::int64_t copy = queue::take_message_ids({.queue = run.queue,
                                                           .priority = core::kDefaultPriority,
                                                           .delay = {},
                                                           .at = std::nullopt,
                                                           .runs = true,
                                                           .rights = kRights},
                                                          1)
                                      .front();
        const pg::Rows copied = [&] {
            const engine::StatementRights rights(access,
                                                 {{&engine::kRuns, ACL_SELECT | ACL_INSERT},
                                                  {&engine::kSteps, ACL_SELECT | ACL_INSERT}});
            if (from) {
                require_step(id, *from);
            }
            const pg::Rows rows = copy_run.run_latest(
                {pg::int8(id), pg::int8(copy), pg::timestamptz(engine::clock_now())});
            copy_steps.run_latest({pg::int8(id), pg::int8(copy),
                                   pg::text(from ? std::optional(from->name) : std::nullopt),
                                   pg::int4(from ? from->seq : 0)});
            return rows;
        }();
        if (copied.empty()) {
            // It was purged a moment ago.
            find_run(id);
            pg::raise_serialization_failure();
        }
        enqueue(run, copy, 0, copied.at(0, 1), copied.at(0, 2), kRights);
        return copy;
    });
}

}  // namespace pgqrs::workflow
