#include "workflow/server_steps.hpp"

#include <string>

#include "core/error.hpp"
#include "engine/clock.hpp"
#include "pg/guard.hpp"
#include "pg/json_function.hpp"
#include "pg/spi.hpp"
#include "pg/subtransaction.hpp"
#include "pg/transaction.hpp"
#include "workflow/current_run.hpp"
#include "workflow/fence.hpp"
#include "workflow/finish.hpp"
#include "workflow/steps.hpp"

namespace pgqrs::workflow {
namespace {

constexpr core::Rights kRights = core::rights_for("complete_step");

constinit pg::Statement call_fail_step(R"sql(
    SELECT retry, at
    FROM pgqrs.fail_step(
        run => $1, read_ct => $2, name => $3, error => $4, seq => $5, max_attempts => $6,
        backoff => $7, backoff_base => $8, backoff_cap => $9)
)sql");

constinit pg::Statement call_sleep(R"sql(
    SELECT status::text, value
    FROM pgqrs.sleep(
        run => $1, read_ct => $2, name => $3, duration => $5, until => $6, seq => $4)
)sql");

constinit pg::Statement call_wait_signal(R"sql(
    SELECT status::text, value
    FROM pgqrs.wait_signal(
        run => $1, read_ct => $2, name => $3, signal => $5, timeout => $6, seq => $4)
)sql");

constinit pg::Statement call_wait_event(R"sql(
    SELECT status::text, value
    FROM pgqrs.wait_event(
        run => $1, read_ct => $2, name => $3, event => $5, timeout => $6, seq => $4)
)sql");

constinit pg::Statement call_wait_runs(R"sql(
    SELECT status::text, value
    FROM pgqrs.wait_runs(
        run => $1, read_ct => $2, name => $3, runs => $5, mode => $6, timeout => $7, seq => $4)
)sql");

constinit pg::Statement call_start_child(R"sql(
    SELECT child
    FROM pgqrs.start_child(
        run => $1, read_ct => $2, name => $3, workflow => $5, input => $6, seq => $4,
        on_parent_end => $7, priority => $8, delay => $9)
)sql");

constinit pg::Statement call_start_children(R"sql(
    SELECT c
    FROM pgqrs.start_children(
        run => $1, read_ct => $2, name => $3, workflow => $5, inputs => $6, seq => $4,
        on_parent_end => $7) AS c
)sql");

constinit pg::Statement call_continue_as_new(
    "SELECT pgqrs.continue_as_new(run => $1, read_ct => $2, input => $3)");

// A function that lost against other transactions is called again so often before that counts as a failure.
constexpr int kMostConflicts = 10;

pg::Value id_of(const CurrentRun& run) { return pg::int8(run.id); }
pg::Value read_ct_of(const CurrentRun& run) { return pg::int8(std::int64_t{run.read_ct}); }
pg::Value seq_of(const core::StepKey& key) { return pg::int8(std::int64_t{key.seq}); }

// What the step has come to, if it has.
std::optional<StepResult> find_recorded(const CurrentRun& current, const core::StepKey& key) {
    const LiveRun run = own_run(current.id, current.read_ct, kRights);
    refuse_cancelled(run);
    return pg::with_spi([&]() -> std::optional<StepResult> {
        const auto step = find_step(run, key, core::StepKind::step);
        if (!step || !core::is_recorded(step->status)) {
            return std::nullopt;
        }
        if (step->status == core::StepStatus::failed) {
            return StepResult{.error = pg::keep(step->error)};
        }
        return StepResult{.output = pg::keep(step->output)};
    });
}

// What a function that failed said.
struct Refusal {
    std::string error;
    bool is_conflict;  // with other transactions
};

std::string described(const pg::Error& error) {
    const ErrorData* data = error.data();
    std::string text = error.what();
    if (data != nullptr && data->detail != nullptr) {
        text += std::string("\nDETAIL: ") + data->detail;
    }
    return text;
}

bool is_conflict(const pg::Error& error) {
    return error.data() != nullptr &&
           (error.data()->sqlerrcode == ERRCODE_T_R_SERIALIZATION_FAILURE ||
            error.data()->sqlerrcode == ERRCODE_T_R_DEADLOCK_DETECTED);
}

// Calls the function and records what it answers, or undoes what it did.
std::optional<Refusal> try_function(const CurrentRun& current, const core::StepKey& key,
                                    Oid function, const pg::Value& argument, StepResult& result) {
    const LiveRun run = hold_run(current.id, current.read_ct, kRights, Hold::record);
    const core::Instant began = engine::clock_now();
    try {
        const pg::StatementTimeout timeout;
        pg::try_in_subtransaction([&] {
            result.output =
                pg::with_spi([&] { return pg::keep(pg::call_json_function(function, argument)); });
            check_json_size(pg::kept_json(result.output), "output");
            return true;
        });
    } catch (const core::Error& error) {
        return Refusal{error.message(), false};
    } catch (const pg::Error& error) {
        // Whoever cancels the call of a session means the call, and who cancels a worker means the step.
        if (pg::is_cancel(error) && !pg::is_background_worker()) {
            throw;
        }
        return Refusal{described(error), is_conflict(error)};
    }
    pg::with_spi([&] {
        if (!write_step(run, {.key = key, .output = result.output, .started = began})) {
            refuse_cancelled(run);
            pg::raise_serialization_failure();
        }
    });
    return std::nullopt;
}

// Notes the failure, and leaves the procedure until it is time to try again. Returns when it is for good.
void note_failure(CurrentRun& current, const core::StepKey& key, const ServerStep& step,
                  std::string_view error, const Commit& commit) {
    const auto again = pg::with_spi([&]() -> std::optional<core::Instant> {
        const pg::Rows rows = call_fail_step.run(
            {id_of(current), read_ct_of(current), pg::text(key.name), pg::text(error), seq_of(key),
             pg::int8(step.max_attempts), pg::text(step.backoff), pg::interval(step.backoff_base),
             pg::interval(step.backoff_cap)});
        return rows.boolean(0, 1) ? std::optional(pg::timestamp_of(rows.at(0, 2))) : std::nullopt;
    });
    if (again) {
        release_run(current.id, current.read_ct, *again, core::RunReason::retry);
        commit();
        leave_procedure(current);
    }
    commit();
}

// Waits, and leaves the procedure while the run does.
WaitResult wait(const Commit& commit, const std::function<pg::Rows(CurrentRun&)>& call) {
    CurrentRun& current = current_run();
    bool suspended = false;
    const WaitResult result = pg::with_spi([&] {
        const pg::Rows rows = call(current);
        const std::string_view status = pg::text_of(rows.at(0, 1));
        suspended = status == "suspended";
        return WaitResult{pg::keep(rows.at(0, 2)), status == "timed_out"};
    });
    commit();
    if (suspended) {
        leave_procedure(current);
    }
    return result;
}

WaitResult wait_for_name(pg::Statement& statement, std::string_view name, std::string_view target,
                         const pg::Value& timeout, const Commit& commit) {
    return wait(commit, [&](CurrentRun& run) {
        const core::StepKey key = run.next_use(name);
        return statement.run({id_of(run), read_ct_of(run), pg::text(key.name), seq_of(key),
                              pg::text(target), timeout});
    });
}

}  // namespace

StepResult execute_step(const ServerStep& step, const Commit& commit) {
    core::check_max_attempts(step.max_attempts);
    core::check_backoff_kind(step.backoff);
    core::check_backoff_times(step.backoff_base, step.backoff_cap);
    CurrentRun& current = current_run();
    const core::StepKey key = current.next_use(step.name);
    const Oid function = pg::find_json_function(step.function);
    for (int conflicts = 0;;) {
        if (auto recorded = find_recorded(current, key)) {
            if (!recorded->error.null && !step.returns_error) {
                current.step_failed = true;
                throw core::Error(core::SqlState::step_failed,
                                  "step \"" + std::string(step.name) + "\" of run " +
                                      std::to_string(current.id) + " has failed",
                                  std::string(pg::text_of(recorded->error)));
            }
            return *recorded;
        }
        StepResult result;
        const auto refusal = try_function(current, key, function, step.argument, result);
        if (!refusal) {
            commit();
            return result;
        }
        if (refusal->is_conflict && ++conflicts <= kMostConflicts) {
            commit();
            continue;
        }
        note_failure(current, key, step, refusal->error, commit);
    }
}

void sleep_step(std::string_view name, const pg::Value& duration, const pg::Value& until,
                const Commit& commit) {
    wait(commit, [&](CurrentRun& run) {
        const core::StepKey key = run.next_use(name);
        return call_sleep.run(
            {id_of(run), read_ct_of(run), pg::text(key.name), seq_of(key), duration, until});
    });
}

WaitResult wait_signal_step(std::string_view name, std::string_view signal,
                            const pg::Value& timeout, const Commit& commit) {
    return wait_for_name(call_wait_signal, name, signal, timeout, commit);
}

WaitResult wait_event_step(std::string_view name, std::string_view event, const pg::Value& timeout,
                           const Commit& commit) {
    return wait_for_name(call_wait_event, name, event, timeout, commit);
}

WaitResult wait_runs_step(std::string_view name, const pg::Value& runs, std::string_view mode,
                          const pg::Value& timeout, const Commit& commit) {
    return wait(commit, [&](CurrentRun& run) {
        const core::StepKey key = run.next_use(name);
        return call_wait_runs.run({id_of(run), read_ct_of(run), pg::text(key.name), seq_of(key),
                                   runs, pg::text(mode), timeout});
    });
}

std::int64_t start_child_step(const ServerChild& child, const pg::Value& input,
                              std::int64_t priority, const pg::Value& delay, const Commit& commit) {
    CurrentRun& run = current_run();
    const core::StepKey key = run.next_use(child.name);
    const std::int64_t id = pg::with_spi([&] {
        return call_start_child
            .run({id_of(run), read_ct_of(run), pg::text(key.name), seq_of(key),
                  pg::text(child.workflow), input, pg::text(child.on_parent_end),
                  pg::int8(priority), delay})
            .int8(0, 1);
    });
    commit();
    return id;
}

std::vector<std::int64_t> start_children_step(const ServerChild& child, const pg::Value& inputs,
                                              const Commit& commit) {
    CurrentRun& run = current_run();
    const core::StepKey key = run.next_use(child.name);
    auto ids = pg::with_spi([&] {
        return call_start_children
            .run({id_of(run), read_ct_of(run), pg::text(key.name), seq_of(key),
                  pg::text(child.workflow), inputs, pg::text(child.on_parent_end)})
            .int8s(1);
    });
    commit();
    return ids;
}

void continue_as_new_step(const pg::Value& input, const Commit& commit) {
    CurrentRun& run = current_run();
    pg::with_spi([&] { call_continue_as_new.run({id_of(run), read_ct_of(run), input}); });
    commit();
    leave_procedure(run);
}

}  // namespace pgqrs::workflow
