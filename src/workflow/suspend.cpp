#include "workflow/suspend.hpp"

#include <algorithm>

#include "core/error.hpp"
#include "engine/access.hpp"
#include "engine/clock.hpp"
#include "engine/delay.hpp"
#include "engine/tables.hpp"
#include "pg/calendar.hpp"
#include "pg/spi.hpp"
#include "pg/transaction.hpp"
#include "workflow/give_back.hpp"
#include "workflow/steps.hpp"
#include "workflow/values.hpp"
#include "workflow/wakes.hpp"

namespace pgqrs::workflow {
namespace {

// One that was woken and goes on waiting for the same finds its row as it is to be.
constinit pg::Statement upsert_wait(R"sql(
    INSERT INTO pgqrs.waits AS w (
        run_id, queue_id, seq, kind, mode_any, deadline, name, target, children)
    VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9)
    ON CONFLICT (run_id) DO UPDATE
    SET queue_id = excluded.queue_id,
        seq = excluded.seq,
        kind = excluded.kind,
        mode_any = excluded.mode_any,
        deadline = excluded.deadline,
        name = excluded.name,
        target = excluded.target,
        children = excluded.children
    WHERE (w.queue_id, w.seq, w.kind, w.mode_any, w.deadline, w.name, w.target, w.children)
        IS DISTINCT FROM (
            excluded.queue_id, excluded.seq, excluded.kind, excluded.mode_any, excluded.deadline,
            excluded.name, excluded.target, excluded.children)
)sql");

enum class Status { ready, suspended, timed_out };

void put(pg::RowSink& sink, Status status, const pg::Value& value = pg::null_of(JSONBOID)) {
    constexpr std::array<const char*, 3> kLabels = {"ready", "suspended", "timed_out"};
    sink.put({suspend_status(core::label_in(kLabels, status)), value});
}

void put_recorded(pg::RowSink& sink, const Step& step) {
    put(sink, step.status == core::StepStatus::timed_out ? Status::timed_out : Status::ready,
        step.output);
}

core::RunReason reason_of(core::StepKind kind) {
    switch (kind) {
        case core::StepKind::signal:
            return core::RunReason::signal;
        case core::StepKind::event:
            return core::RunReason::event;
        case core::StepKind::children:
            return core::RunReason::children;
        default:
            return core::RunReason::timer;
    }
}

core::Instant deadline_of(const Step& step) {
    return step.until.null ? core::kNever : pg::timestamp_of(step.until);
}

pg::Value instant_or_null(core::Instant instant) {
    return instant == core::kNever ? pg::null_of(TIMESTAMPTZOID) : pg::timestamptz(instant);
}

// Whoever holds the run can write each step of it.
void must_write(const LiveRun& run, const NewStep& step) {
    if (!write_step(run, step)) {
        pg::raise_serialization_failure();
    }
}

void write_wait(const LiveRun& run, const Wait& wait, core::Instant deadline) {
    {
        const engine::StatementRights rights(
            run.access(), {{&engine::kWaits, ACL_SELECT | ACL_INSERT | ACL_UPDATE}});
        upsert_wait.run_latest(
            {pg::int8(run.id()), pg::int4(run.queue().id), pg::int4(wait.key.seq),
             value_of(wait.kind), pg::boolean(wait.mode_any), instant_or_null(deadline),
             pg::text(wait.key.name), pg::text(wait.target),
             wait.children.empty() ? pg::null_of(INT8ARRAYOID) : pg::int8_array(wait.children)});
    }
    if (wait.is_unknown_to_cause) {
        const std::int64_t id = run.id();
        add_wakes(run.queue().id, {&id, 1});
    }
}

// Ends the delivery. A run with a deadline of its own does not wait for longer than that.
void suspend(const LiveRun& run, bool paused, core::StepKind kind, core::Instant until) {
    const core::Instant end = run.message().expires_at;
    give_back(run,
              {reason_of(kind), end == core::kBeginning ? until : std::min(until, end), paused},
              run.message().attempt);
}

// The step if it has come to its end: nothing that could change is read then.
bool answer_recorded(const LiveRun& run, const core::StepKey& key, core::StepKind kind,
                     std::optional<std::string_view> input_hash, pg::RowSink& sink) {
    refuse_cancelled(run);
    return pg::with_spi([&] {
        const auto step = find_step(run, key, kind, input_hash);
        if (!step || !core::is_recorded(step->status)) {
            return false;
        }
        put_recorded(sink, *step);
        return true;
    });
}

void wait_locked(const LiveRun& run, bool paused, const Wait& wait, const Look& look,
                 pg::RowSink& sink) {
    const auto step = find_step(run, wait.key, wait.kind, wait.input_hash);
    if (step && core::is_recorded(step->status)) {
        put_recorded(sink, *step);
        return;
    }
    const core::Instant deadline = step           ? deadline_of(*step)
                                   : wait.timeout ? pg::after(engine::clock_now(), *wait.timeout)
                                                  : core::kNever;
    // The time comes first: what was caused before it, and is committed now, is seen by the look.
    const bool is_over = deadline <= engine::clock_now();
    const Found found = look(run, deadline);
    NewStep outcome{.key = wait.key,
                    .kind = wait.kind,
                    .until = deadline == core::kNever ? std::nullopt : std::optional(deadline),
                    .input_hash = wait.input_hash};
    if (found.ready || is_over) {
        outcome.status = found.ready ? core::StepStatus::succeeded : core::StepStatus::timed_out;
        outcome.output = found.value;
        must_write(run, outcome);
        put(sink, found.ready ? Status::ready : Status::timed_out, found.value);
        return;
    }
    if (!step) {
        outcome.status = core::StepStatus::started;
        must_write(run, outcome);
    }
    write_wait(run, wait, deadline);
    suspend(run, paused, wait.kind, deadline);
    put(sink, Status::suspended);
}

void sleep_locked(const LiveRun& run, bool paused, const Sleep& sleep, pg::RowSink& sink) {
    const auto step = find_step(run, sleep.key, core::StepKind::sleep);
    const core::Instant now = engine::clock_now();
    if (step && (core::is_recorded(step->status) || deadline_of(*step) <= now)) {
        put(sink, Status::ready);
        return;
    }
    const core::Instant until = step             ? deadline_of(*step)
                                : sleep.duration ? pg::after(now, *sleep.duration)
                                                 : *sleep.until;
    const bool is_over = until <= now;
    if (!step) {
        must_write(run,
                   {.key = sleep.key,
                    .kind = core::StepKind::sleep,
                    .status = is_over ? core::StepStatus::succeeded : core::StepStatus::started,
                    .until = until});
    }
    if (is_over) {
        put(sink, Status::ready);
        return;
    }
    suspend(run, paused, core::StepKind::sleep, until);
    put(sink, Status::suspended);
}

void check_sleep(const Sleep& sleep) {
    if (sleep.duration.has_value() == sleep.until.has_value()) {
        throw core::Error(core::SqlState::invalid_argument,
                          "either duration or until must be given");
    }
    if (sleep.duration) {
        engine::check_delay(*sleep.duration, "duration");
        return;
    }
    if (!engine::is_finite(*sleep.until)) {
        throw core::Error(core::SqlState::invalid_argument, "until must be finite");
    }
    engine::check_due(*sleep.until, "until");
}

// A sleep whose time has passed is over as well, so that its row is never written again.
bool answer_slept(const LiveRun& run, const core::StepKey& key, pg::RowSink& sink) {
    refuse_cancelled(run);
    return pg::with_spi([&] {
        const auto step = find_step(run, key, core::StepKind::sleep);
        if (!step ||
            (!core::is_recorded(step->status) && deadline_of(*step) > engine::clock_now())) {
            return false;
        }
        put(sink, Status::ready);
        return true;
    });
}

}  // namespace

void wait_for(const Wait& wait, const Look& look, pg::RowSink& sink) {
    if (wait.timeout) {
        engine::check_delay(*wait.timeout, "timeout");
    }
    pg::require_writable("UPDATE");
    if (answer_recorded(own_run(wait.run, wait.read_ct, wait.rights), wait.key, wait.kind,
                        wait.input_hash, sink)) {
        return;
    }
    const LiveRun run = hold_run(wait.run, wait.read_ct, wait.rights, Hold::suspend);
    const bool paused = refuse_cancelled(run).pause;
    pg::with_spi([&] { wait_locked(run, paused, wait, look, sink); });
}

void sleep(const Sleep& sleep, pg::RowSink& sink) {
    check_sleep(sleep);
    pg::require_writable("UPDATE");
    constexpr core::Rights kRights = core::rights_for("sleep");
    if (answer_slept(own_run(sleep.run, sleep.read_ct, kRights), sleep.key, sink)) {
        return;
    }
    const LiveRun run = hold_run(sleep.run, sleep.read_ct, kRights, Hold::suspend);
    const bool paused = refuse_cancelled(run).pause;
    pg::with_spi([&] { sleep_locked(run, paused, sleep, sink); });
}

}  // namespace pgqrs::workflow
