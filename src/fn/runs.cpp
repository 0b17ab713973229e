// SQL functions of sql/parts/90_runs.sql.
#include <optional>

#include "core/limits.hpp"
#include "engine/table.hpp"
#include "fn/step_key.hpp"
#include "pg/boundary.hpp"
#include "pg/catalog.hpp"
#include "pg/procedure.hpp"
#include "workflow/await.hpp"
#include "workflow/cancel.hpp"
#include "workflow/decide.hpp"
#include "workflow/look_at_runs.hpp"
#include "workflow/pause.hpp"
#include "workflow/purge_runs.hpp"
#include "workflow/retry.hpp"

using namespace pgqrs;

namespace {

Datum control_result(const char* label) {
    return pg::enum_value(engine::kSchema, "run_control", label).datum;
}

std::optional<core::StepKey> from_step(pg::Call& call) {
    const auto name = call.optional_text(1);
    const auto seq = call.int8_or(2, 0);
    return name ? std::optional(core::step_key(*name, seq)) : std::nullopt;
}

constexpr core::Duration kDefaultAwait = 30 * core::kSecond;

}  // namespace

PGQRS_FUNCTION(pgqrs_cancel_run) {
    switch (workflow::cancel_run({.run = call.int8(0, "run"),
                                  .reason = call.optional_text(1),
                                  .cascade = call.boolean_or(2, true)})) {
        case workflow::Cancelled::cancelled:
            return control_result("cancelled");
        case workflow::Cancelled::requested:
            return control_result("requested");
        case workflow::Cancelled::ended:
            break;
    }
    return control_result("ended");
}

PGQRS_FUNCTION(pgqrs_pause_run) {
    switch (workflow::pause_run(call.int8(0, "run"), call.optional_text(1))) {
        case workflow::Paused::paused:
            return control_result("paused");
        case workflow::Paused::requested:
            return control_result("requested");
        case workflow::Paused::ended:
            break;
    }
    return control_result("ended");
}

PGQRS_FUNCTION(pgqrs_resume_run) {
    return call.boolean_result(workflow::resume_run(call.int8(0, "run")));
}

PGQRS_FUNCTION(pgqrs_retry_run) {
    const auto run = call.int8(0, "run");
    return call.boolean_result(workflow::retry_run({.run = run, .from = from_step(call)}));
}

PGQRS_FUNCTION(pgqrs_fork_run) {
    const auto run = call.int8(0, "run");
    return call.int8_result(workflow::fork_run(run, from_step(call)));
}

PGQRS_FUNCTION(pgqrs_decide_step) {
    const auto run = call.int8(0, "run");
    workflow::decide_step({.run = run,
                           .key = fn::step_key(call, 1, 2),
                           .output = call.optional_json(3),
                           .error = call.optional_text(4)});
    return Datum{0};
}

PGQRS_FUNCTION(pgqrs_purge_runs) {
    return call.int8_result(workflow::purge_runs({.workflow = call.text(0, "workflow"),
                                                  .older_than = call.interval_or(1, 0),
                                                  .quantity = call.optional_int8(2)}));
}

PGQRS_FUNCTION(pgqrs_get_run) {
    auto sink = call.rows_result();
    workflow::get_run(call.int8(0, "run"), sink);
    return sink.done();
}

PGQRS_FUNCTION(pgqrs_list_runs) {
    const workflow::RunFilter filter{.workflow = call.optional_text(0),
                                     .state = call.optional_text(1),
                                     .since = call.optional_timestamptz(2),
                                     .until = call.optional_timestamptz(3),
                                     .after_id = call.int8_or(4, 0),
                                     .quantity = call.int8_or(5, core::kDefaultPage)};
    auto sink = call.rows_result();
    workflow::list_runs(filter, sink);
    return sink.done();
}

PGQRS_FUNCTION(pgqrs_list_steps) {
    auto sink = call.rows_result();
    workflow::list_steps(call.int8(0, "run"), sink);
    return sink.done();
}

PGQRS_FUNCTION(pgqrs_run_timeline) {
    auto sink = call.rows_result();
    workflow::run_timeline(call.int8(0, "run"), sink);
    return sink.done();
}

PGQRS_FUNCTION(pgqrs_stuck_runs) {
    auto sink = call.rows_result();
    workflow::stuck_runs(sink);
    return sink.done();
}

PGQRS_FUNCTION(pgqrs_workflow_metrics) {
    const auto name = call.optional_text(0);
    const auto most = call.int8_or(1, workflow::kMostCounted);
    auto sink = call.rows_result();
    workflow::workflow_metrics(name, most, sink);
    return sink.done();
}

PGQRS_FUNCTION(pgqrs_await_run) {
    const auto run = call.int8(0, "run");
    const auto timeout = call.interval_or(1, kDefaultAwait);
    auto sink = call.rows_result();
    workflow::await_run(run, timeout, sink);
    return sink.done();
}

PGQRS_FUNCTION(pgqrs_wait_run) {
    const auto run = call.int8(0, "run");
    const auto timeout = call.interval(1, "timeout");
    pg::Procedure procedure(call.info(), "pgqrs.wait_run");
    const bool ended = workflow::wait_run(run, timeout, [&procedure] { procedure.commit(); });
    return procedure.result(pg::boolean(ended));
}
