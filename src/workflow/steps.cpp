#include "workflow/steps.hpp"

#include "core/error.hpp"
#include "core/failure.hpp"
#include "core/limits.hpp"
#include "engine/access.hpp"
#include "engine/clock.hpp"
#include "engine/settings.hpp"
#include "engine/tables.hpp"
#include "pg/random.hpp"
#include "pg/spi.hpp"
#include "pg/transaction.hpp"
#include "queue/history.hpp"
#include "workflow/find_run.hpp"
#include "workflow/state.hpp"
#include "workflow/values.hpp"

namespace pgqrs::workflow {
namespace {

constinit pg::Statement select_step(R"sql(
    SELECT
        kind::text, status::text, read_ct, attempt, at_most_once, output, error, until, child_id,
        $4 IS NULL OR input_hash IS NULL OR input_hash = $4
    FROM pgqrs.steps
    WHERE run_id = $1
        AND name = $2
        AND seq = $3
)sql",
                                    pg::Planning::index_order);

// One that was recorded stays as it is, and so does all of a run that is to be cancelled. recorded_at is null for one
// that is only started.
constinit pg::Statement insert_step(R"sql(
    INSERT INTO pgqrs.steps AS s (
        run_id, name, seq, read_ct, kind, status, attempt, at_most_once, started_at, recorded_at,
        until, child_id, input_hash, output, error)
    SELECT $1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14, $15
    WHERE NOT EXISTS (
        SELECT FROM pgqrs.run_requests AS q WHERE q.run_id = $1 AND q.kind = 'cancel')
    ON CONFLICT (run_id, name, seq) DO UPDATE
    SET read_ct = excluded.read_ct,
        status = excluded.status,
        attempt = greatest(s.attempt, excluded.attempt),
        at_most_once = excluded.at_most_once,
        recorded_at = excluded.recorded_at,
        until = coalesce(excluded.until, s.until),
        input_hash = coalesce(s.input_hash, excluded.input_hash),
        output = excluded.output,
        error = coalesce(excluded.error, s.error)
    WHERE s.status = 'started'
        AND s.kind = excluded.kind
        AND (s.input_hash IS NULL OR excluded.input_hash IS NULL OR s.input_hash = excluded.input_hash)
    RETURNING 1
)sql");

constinit pg::Statement select_for_anybody(
    "SELECT " PGQRS_STEP_STATUS
    ", s.output, s.error, s.attempt, s.until"
    " FROM pgqrs.steps AS s LEFT JOIN pgqrs.messages AS m ON m.id = s.run_id"
    " WHERE s.run_id = $1 AND s.name = $2 AND s.seq = $3",
    pg::Planning::indexed);

constinit pg::Statement split_steps(R"sql(
    SELECT
        e ->> 'name', coalesce((e ->> 'seq')::bigint, 0), e -> 'output', e ->> 'input_hash'
    FROM jsonb_array_elements($1) WITH ORDINALITY AS s (e, place)
    ORDER BY place
)sql");

constexpr engine::Need kRead{&engine::kSteps, ACL_SELECT};
constexpr engine::Need kWrite{&engine::kSteps, ACL_SELECT | ACL_INSERT | ACL_UPDATE};
constexpr engine::Need kReadRequests{&engine::kRunRequests, ACL_SELECT};

std::string named(const core::StepKey& key) {
    return "step \"" + std::string(key.name) + "\"" +
           (key.seq == 0 ? "" : " " + std::to_string(key.seq));
}

std::string with_article(core::StepKind kind) {
    return (kind == core::StepKind::event ? "an " : "a ") + std::string(core::label_of(kind));
}

// A step that must not be repeated, that an earlier delivery has begun.
bool is_in_doubt(const Step& step, const LiveRun& run) {
    return step.status == core::StepStatus::started && step.at_most_once &&
           step.read_ct != run.message().read_ct;
}

}  // namespace

std::optional<Step> find_step(const LiveRun& run, const core::StepKey& key, core::StepKind kind,
                              std::optional<std::string_view> input_hash) {
    const engine::StatementRights rights(run.access(), {kRead});
    const pg::Rows rows = select_step.run_latest(
        {pg::int8(run.id()), pg::text(key.name), pg::int4(key.seq), pg::text(input_hash)});
    if (rows.empty()) {
        return std::nullopt;
    }
    const Step step{.kind = core::step_kind(pg::text_of(rows.at(0, 1))),
                    .status = core::step_status(pg::text_of(rows.at(0, 2))),
                    .read_ct = rows.int4(0, 3),
                    .attempt = DatumGetInt16(rows.at(0, 4).datum),
                    .at_most_once = rows.boolean(0, 5),
                    .output = rows.at(0, 6),
                    .error = rows.at(0, 7),
                    .until = rows.at(0, 8),
                    .child = rows.at(0, 9)};
    if (step.kind != kind) {
        throw core::Error(core::SqlState::step_mismatch,
                          named(key) + " of run " + std::to_string(run.id()) + " is " +
                              with_article(step.kind) + ", not " + with_article(kind),
                          "",
                          "The code of the workflow has changed, or a name is used for two steps.");
    }
    if (!rows.boolean(0, 10)) {
        throw core::Error(
            core::SqlState::step_mismatch,
            named(key) + " of run " + std::to_string(run.id()) + " was recorded with another input",
            "", "Give each use of the name a seq of its own.");
    }
    return step;
}

bool write_step(const LiveRun& run, const NewStep& step) {
    const engine::StatementRights rights(run.access(), {kWrite, kReadRequests});
    const core::Instant written = engine::clock_now();
    const pg::Value now = pg::timestamptz(written);
    return !insert_step
                .run_latest({pg::int8(run.id()), pg::text(step.key.name), pg::int4(step.key.seq),
                             pg::int4(run.message().read_ct), value_of(step.kind),
                             value_of(step.status), pg::int2(step.attempt),
                             pg::boolean(step.at_most_once),
                             pg::timestamptz(step.started.value_or(written)),
                             core::is_recorded(step.status) ? now : pg::null_of(TIMESTAMPTZOID),
                             pg::timestamptz(step.until), pg::int8(step.child),
                             pg::text(step.input_hash), step.output, pg::text(step.error)})
                .empty();
}

void check_json_size(const std::optional<pg::Json>& json, std::string_view subject) {
    if (json && json->bytes > engine::max_payload_bytes()) {
        core::check_payload_size(json->bytes, engine::max_payload_bytes(), subject);
    }
}

void complete_step(const Completion& completion, pg::RowSink& sink) {
    check_json_size(completion.output, "output");
    pg::require_writable("INSERT");
    const LiveRun run = hold_run(completion.run, completion.read_ct,
                                 core::rights_for("complete_step"), Hold::record);
    pg::with_spi([&] {
        const pg::Value output = pg::jsonb(completion.output);
        if (write_step(
                run,
                {.key = completion.key, .output = output, .input_hash = completion.input_hash})) {
            sink.put({output, pg::boolean(true)});
            return;
        }
        refuse_cancelled(run);
        const auto step =
            find_step(run, completion.key, core::StepKind::step, completion.input_hash);
        if (!step) {
            pg::raise_serialization_failure();
        }
        if (completion.raise_when_recorded || step->status == core::StepStatus::failed) {
            throw core::Error(
                core::SqlState::step_recorded,
                named(completion.key) + " of run " + std::to_string(run.id()) +
                    (step->status == core::StepStatus::failed ? " has failed"
                                                              : " was recorded before"),
                step->error.null ? "" : std::string(pg::text_of(step->error)));
        }
        sink.put({step->output, pg::boolean(false)});
    });
}

void begin_step(const Beginning& beginning, pg::RowSink& sink) {
    pg::require_writable("INSERT");
    const LiveRun run =
        hold_run(beginning.run, beginning.read_ct, core::rights_for("begin_step"), Hold::record);
    refuse_cancelled(run);
    pg::with_spi([&] {
        const auto step = find_step(run, beginning.key, core::StepKind::step, beginning.input_hash);
        if (step && (core::is_recorded(step->status) || is_in_doubt(*step, run))) {
            sink.put({value_of(is_in_doubt(*step, run) ? core::StepStatus::in_doubt : step->status),
                      step->output, step->error, pg::int2(step->attempt)});
            return;
        }
        if (!write_step(run, {.key = beginning.key,
                              .status = core::StepStatus::started,
                              .at_most_once = beginning.at_most_once,
                              .input_hash = beginning.input_hash})) {
            // Another session of the worker has just recorded it.
            pg::raise_serialization_failure();
        }
        sink.put({value_of(core::StepStatus::started), pg::null_of(JSONBOID),
                  step ? step->error : pg::null_of(TEXTOID),
                  pg::int2(step ? step->attempt : std::int16_t{0})});
    });
}

void fail_step(const StepFailure& failure, pg::RowSink& sink) {
    core::check_max_attempts(failure.max_attempts);
    core::check_backoff_times(failure.backoff.base, failure.backoff.cap);
    pg::require_writable("INSERT");
    const LiveRun run =
        hold_run(failure.run, failure.read_ct, core::rights_for("fail_step"), Hold::record);
    refuse_cancelled(run);
    pg::with_spi([&] {
        const auto step = find_step(run, failure.key, core::StepKind::step);
        if (step && core::is_recorded(step->status)) {
            throw core::Error(core::SqlState::step_recorded, named(failure.key) + " of run " +
                                                                 std::to_string(run.id()) +
                                                                 " was recorded before");
        }
        const core::AfterFailure after =
            core::after_failure({.attempt = step ? step->attempt : 0,
                                 .max_attempts = std::nullopt,
                                 .retry = failure.retryable},
                                {.max_attempts = static_cast<std::int32_t>(failure.max_attempts),
                                 .backoff = failure.backoff},
                                pg::random_fraction());
        const core::Instant at = engine::clock_now() + after.wait;
        const std::string error = queue::shortened(failure.error);
        if (!write_step(
                run, {.key = failure.key,
                      .status = after.dead ? core::StepStatus::failed : core::StepStatus::started,
                      .attempt = static_cast<std::int16_t>(after.attempt),
                      .error = error,
                      .until = after.dead ? std::nullopt : std::optional(at)})) {
            pg::raise_serialization_failure();
        }
        sink.put({pg::boolean(!after.dead),
                  after.dead ? pg::null_of(TIMESTAMPTZOID) : pg::timestamptz(at),
                  pg::int2(static_cast<std::int16_t>(after.attempt))});
    });
}

void get_step(std::int64_t run, const core::StepKey& key, pg::RowSink& sink) {
    pg::with_spi([&] {
        const KnownRun known = find_run(run);
        const engine::StatementRights rights(known.access(core::rights_for("get_step")),
                                             {kRead, {&engine::kMessages, ACL_SELECT}});
        select_for_anybody.look_into(sink, {pg::int8(run), pg::text(key.name), pg::int4(key.seq)});
    });
}

void record_steps(const LiveRun& run, const pg::Json& steps) {
    if (!pg::is_array(steps)) {
        throw core::Error(core::SqlState::invalid_argument, "steps must be a JSON array");
    }
    const pg::Rows rows = split_steps.run({steps.value()});
    for (std::uint64_t row = 0; row < rows.count(); ++row) {
        const pg::Value name = rows.at(row, 1);
        const pg::Value hash = rows.at(row, 4);
        const core::StepKey key =
            core::step_key(name.null ? "" : pg::text_of(name), rows.int8(row, 2));
        const auto input_hash =
            hash.null ? std::nullopt : std::optional<std::string_view>(pg::text_of(hash));
        if (!write_step(run, {.key = key, .output = rows.at(row, 3), .input_hash = input_hash})) {
            // Raises when it is another step.
            find_step(run, key, core::StepKind::step, input_hash);
        }
    }
}

}  // namespace pgqrs::workflow
