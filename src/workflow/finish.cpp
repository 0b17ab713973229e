#include "workflow/finish.hpp"

#include <string>

#include "core/error.hpp"
#include "core/failure.hpp"
#include "engine/access.hpp"
#include "engine/change.hpp"
#include "engine/clock.hpp"
#include "engine/delay.hpp"
#include "engine/tables.hpp"
#include "pg/calendar.hpp"
#include "pg/random.hpp"
#include "pg/spi.hpp"
#include "pg/transaction.hpp"
#include "queue/history.hpp"
#include "queue/totals.hpp"
#include "workflow/cancel.hpp"
#include "workflow/find_run.hpp"
#include "workflow/give_back.hpp"
#include "workflow/steps.hpp"
#include "workflow/values.hpp"
#include "workflow/wakes.hpp"
#include "workflow/workflow_cache.hpp"

namespace pgqrs::workflow {
namespace {

// The parent that is to be told, and whether children may have to be cancelled.
constinit pg::Statement write_final(R"sql(
    UPDATE pgqrs.runs AS r
    SET final = $2, output = $3, error = $4, finished_at = $5, read_ct = $6,
        continued_as = $7
    WHERE r.id = $1
        AND r.final IS NULL
    RETURNING r.parent_id,
        EXISTS (
            SELECT
            FROM pgqrs.runs AS c
            WHERE c.parent_id = $1 AND c.final IS NULL AND c.cancel_with_parent)
)sql",
                                    pg::Planning::indexed);

constinit pg::Statement delete_wait("DELETE FROM pgqrs.waits WHERE run_id = $1",
                                    pg::Planning::indexed);
constinit pg::Statement delete_requests("DELETE FROM pgqrs.run_requests WHERE run_id = $1",
                                        pg::Planning::indexed);

// Maintenance goes on from here (children.hpp).
constinit pg::Statement insert_cascade(R"sql(
    INSERT INTO pgqrs.run_requests (run_id, kind, requested_at)
    VALUES ($1, 'cascade', $2)
)sql");

// Writes the outcome of a run whose message is gone. Inside with_spi().
void write_outcome(const engine::Access& queue, const core::Message& message,
                   const Ending& ending) {
    const pg::Value now = pg::timestamptz(engine::clock_now());
    const pg::Value id = pg::int8(message.id);
    std::optional<std::int64_t> parent;
    bool has_children = false;
    {
        const engine::StatementRights rights(
            queue, {{&engine::kRuns, ACL_SELECT | ACL_UPDATE},
                    {&engine::kWaits, ACL_SELECT | ACL_DELETE},
                    {&engine::kRunRequests, ACL_SELECT | ACL_INSERT | ACL_DELETE}});
        const pg::Rows rows = write_final.run_latest(
            {id, value_of(ending.final), ending.output, pg::text(ending.error), now,
             pg::int4(message.read_ct), pg::int8(ending.continued_as)});
        if (rows.empty()) {
            return;
        }
        const pg::Value parent_id = rows.at(0, 1);
        parent = parent_id.null ? std::nullopt
                                : std::optional<std::int64_t>(DatumGetInt64(parent_id.datum));
        has_children = rows.boolean(0, 2);
        delete_wait.run_latest({id});
        delete_requests.run_latest({id});
        if (ending.continued_as) {
            return;
        }
        if (has_children) {
            insert_cascade.run_latest({id, now});
        }
    }
    if (parent) {
        if (const auto run = find_run_if_any(*parent); run && !run->final) {
            add_wakes(run->queue_id, {&*parent, 1});
        }
    }
}

core::Final final_of(core::Outcome outcome) {
    switch (outcome) {
        case core::Outcome::cancelled:
            return core::Final::cancelled;
        case core::Outcome::expired:
            return core::Final::timed_out;
        case core::Outcome::done:
        case core::Outcome::dead:
            break;
    }
    return core::Final::failed;
}

std::string reason_of(const core::Message& message, core::Final final) {
    switch (final) {
        case core::Final::timed_out:
            return "the run did not end before its deadline";
        case core::Final::failed:
            return "delivered " + std::to_string(message.read_ct - message.given_back) +
                   " times without being finished (max_deliveries)";
        default:
            return "";
    }
}

}  // namespace

void end_run(const LiveRun& run, const Ending& ending) {
    const engine::RowKey key{run.id(), run.message().read_ct};
    const engine::Table messages = run.messages();
    if (engine::remove_rows({messages, run.marks(), {&key, 1}}, false).count() == 0) {
        raise_not_live(run.id(), run.access().rights);
    }
    queue::record_departures(run.marks(), run.access(), {.finished = 1});
    pg::with_spi([&] { write_outcome(run.access(), run.message(), ending); });
}

void end_removed_runs(const engine::Access& queue, std::span<const core::Message> removed,
                      const std::function<core::Outcome(const core::Message&)>& outcome_of) {
    pg::with_spi([&] {
        for (const core::Message& message : removed) {
            const core::Final final = final_of(outcome_of(message));
            const std::string reason = reason_of(message, final);
            write_outcome(
                queue, message,
                {.final = final,
                 .error = reason.empty() ? std::nullopt : std::optional<std::string_view>(reason)});
        }
    });
}

core::Final complete_run(const RunCompletion& completion) {
    check_json_size(completion.output, "output");
    pg::require_writable("UPDATE");
    const LiveRun run =
        hold_run(completion.run, completion.read_ct, core::rights_for("complete_run"), Hold::end);
    const Requests requests = requests_of(run);
    if (completion.steps) {
        pg::with_spi([&] { record_steps(run, *completion.steps); });
    }
    if (requests.cancel) {
        end_cancelled(run, requests);
        return core::Final::cancelled;
    }
    end_run(run, {.final = core::Final::succeeded, .output = pg::jsonb(completion.output)});
    return core::Final::succeeded;
}

void fail_run(const RunFailure& failure, pg::RowSink& sink) {
    if (failure.delay) {
        engine::check_delay(*failure.delay);
    }
    pg::require_writable("UPDATE");
    const LiveRun run =
        hold_run(failure.run, failure.read_ct, core::rights_for("fail_run"), Hold::end);
    const core::Message& message = run.message();
    const Requests requests = requests_of(run);
    const std::string error = queue::shortened(failure.error);
    if (requests.cancel) {
        end_cancelled(run, requests);
        sink.put({run_state("cancelled"), pg::int2(message.attempt), pg::null_of(TIMESTAMPTZOID)});
        return;
    }
    const KnownRun known = pg::with_spi([&] { return find_run(failure.run); });
    const auto workflow = find_workflow_by_id(known.workflow_id);
    const core::FailureRule rule = workflow
                                       ? workflow->rule_in(run.queue())
                                       : core::FailureRule{.max_attempts = run.queue().max_attempts,
                                                           .backoff = run.queue().backoff};
    const core::AfterFailure after = core::after_failure(
        {.attempt = message.attempt, .max_attempts = std::nullopt, .retry = failure.retryable},
        rule, pg::random_fraction());
    const core::Instant now = engine::clock_now();
    const auto attempt = static_cast<std::int16_t>(after.attempt);
    const core::Instant at = failure.delay ? pg::after(now, *failure.delay) : now + after.wait;
    const queue::NewFailure entry{
        .message = message.id,
        .read_ct = message.read_ct,
        .attempt = attempt,
        .died = after.dead,
        .worker =
            pg::int8(message.worker_id == 0 ? std::nullopt : std::optional(message.worker_id)),
        .error = error};
    queue::record_failures(run.access(), {&entry, 1}, now);
    if (after.dead) {
        end_run(run, {.final = core::Final::failed, .error = error});
        sink.put({run_state("failed"), pg::int2(attempt), pg::null_of(TIMESTAMPTZOID)});
        return;
    }
    give_back(run, {core::RunReason::retry, at, requests.pause}, attempt);
    sink.put({run_state("retrying"), pg::int2(attempt), pg::timestamptz(at)});
}

void release_run(std::int64_t run, std::int64_t read_ct, std::optional<core::Instant> at,
                 core::RunReason reason) {
    if (at) {
        if (!engine::is_finite(*at)) {
            throw core::Error(core::SqlState::invalid_argument, "at must be finite");
        }
        engine::check_due(*at);
    }
    pg::require_writable("UPDATE");
    const LiveRun live = hold_run(run, read_ct, core::rights_for("release_run"), Hold::end);
    const Requests requests = requests_of(live);
    if (requests.cancel) {
        end_cancelled(live, requests);
        return;
    }
    const core::Instant due =
        reason == core::RunReason::no_handler ? core::kNever : at.value_or(engine::clock_now());
    give_back(live, {reason, due, requests.pause}, live.message().attempt);
}

}  // namespace pgqrs::workflow
