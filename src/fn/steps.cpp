// SQL functions of sql/parts/87_steps.sql.
#include "workflow/steps.hpp"

#include "core/limits.hpp"
#include "fn/step_key.hpp"
#include "pg/boundary.hpp"
#include "workflow/claim.hpp"
#include "workflow/finish.hpp"
#include "workflow/values.hpp"

using namespace pgqrs;

namespace {

constexpr std::int64_t kDefaultStepBytes = 1024 * 1024;
constexpr std::int64_t kDefaultStepAttempts = 3;

}  // namespace

PGQRS_FUNCTION(pgqrs_claim_runs) {
    const workflow::ClaimRequest request{.queue = call.text(0, "queue"),
                                         .quantity = call.int8_or(1, 1),
                                         .visibility = call.optional_interval(2),
                                         .wait = call.interval_or(3, 0),
                                         .worker = call.optional_int8(4),
                                         .step_bytes = call.int8_or(5, kDefaultStepBytes)};
    auto sink = call.rows_result();
    workflow::claim_runs(request, sink);
    return sink.done();
}

PGQRS_FUNCTION(pgqrs_get_step) {
    auto sink = call.rows_result();
    workflow::get_step(call.int8(0, "run"), fn::step_key(call, 1, 2), sink);
    return sink.done();
}

PGQRS_FUNCTION(pgqrs_complete_step) {
    const workflow::Completion completion{.run = call.int8(0, "run"),
                                          .read_ct = call.int8(1, "read_ct"),
                                          .key = fn::step_key(call, 2, 4),
                                          .output = call.optional_json(3),
                                          .input_hash = call.optional_text(5),
                                          .raise_when_recorded = core::raises_when_recorded(
                                              call.optional_text(6).value_or("return"))};
    auto sink = call.rows_result();
    workflow::complete_step(completion, sink);
    return sink.done();
}

PGQRS_FUNCTION(pgqrs_begin_step) {
    const workflow::Beginning beginning{.run = call.int8(0, "run"),
                                        .read_ct = call.int8(1, "read_ct"),
                                        .key = fn::step_key(call, 2, 3),
                                        .at_most_once = call.boolean_or(4, false),
                                        .input_hash = call.optional_text(5)};
    auto sink = call.rows_result();
    workflow::begin_step(beginning, sink);
    return sink.done();
}

PGQRS_FUNCTION(pgqrs_fail_step) {
    const auto kind = call.optional_text(7).value_or(core::kDefaultBackoff);
    core::check_backoff_kind(kind);
    const workflow::StepFailure failure{
        .run = call.int8(0, "run"),
        .read_ct = call.int8(1, "read_ct"),
        .key = fn::step_key(call, 2, 4),
        .error = call.text(3, "error"),
        .retryable = call.boolean_or(5, true),
        .max_attempts = call.int8_or(6, kDefaultStepAttempts),
        .backoff = {.kind = *core::backoff_kind(kind),
                    .base = call.interval_or(8, core::kDefaultBackoffBase),
                    .cap = call.interval_or(9, core::kDefaultBackoffCap),
                    .jitter = core::kDefaultBackoffJitter}};
    auto sink = call.rows_result();
    workflow::fail_step(failure, sink);
    return sink.done();
}

PGQRS_FUNCTION(pgqrs_complete_run) {
    const core::Final final = workflow::complete_run({.run = call.int8(0, "run"),
                                                      .read_ct = call.int8(1, "read_ct"),
                                                      .output = call.optional_json(2),
                                                      .steps = call.optional_json(3)});
    return workflow::value_of(final).datum;
}

PGQRS_FUNCTION(pgqrs_fail_run) {
    const workflow::RunFailure failure{.run = call.int8(0, "run"),
                                       .read_ct = call.int8(1, "read_ct"),
                                       .error = call.text(2, "error"),
                                       .retryable = call.boolean_or(3, true),
                                       .delay = call.optional_span(4)};
    auto sink = call.rows_result();
    workflow::fail_run(failure, sink);
    return sink.done();
}

PGQRS_FUNCTION(pgqrs_release_run) {
    const auto at = call.optional_timestamptz(2);
    const auto reason = core::release_reason(call.optional_text(3).value_or("start"));
    workflow::release_run(call.int8(0, "run"), call.int8(1, "read_ct"), at, reason);
    return call.boolean_result(true);
}
