// SQL functions of sql/parts/88_suspend.sql.
#include "workflow/suspend.hpp"

#include "fn/step_key.hpp"
#include "pg/boundary.hpp"
#include "workflow/events.hpp"
#include "workflow/run_values.hpp"
#include "workflow/signals.hpp"

using namespace pgqrs;

namespace {

workflow::NamedWait named_wait(pg::Call& call, const char* what) {
    return {.run = call.int8(0, "run"),
            .read_ct = call.int8(1, "read_ct"),
            .key = fn::step_key(call, 2, 5),
            .name = call.text(3, what),
            .timeout = call.optional_span(4)};
}

}  // namespace

PGQRS_FUNCTION(pgqrs_sleep) {
    const workflow::Sleep sleep{.run = call.int8(0, "run"),
                                .read_ct = call.int8(1, "read_ct"),
                                .key = fn::step_key(call, 2, 5),
                                .duration = call.optional_span(3),
                                .until = call.optional_timestamptz(4)};
    auto sink = call.rows_result();
    workflow::sleep(sleep, sink);
    return sink.done();
}

PGQRS_FUNCTION(pgqrs_wait_signal) {
    const workflow::NamedWait wait = named_wait(call, "signal");
    auto sink = call.rows_result();
    workflow::wait_for_signal(wait, sink);
    return sink.done();
}

PGQRS_FUNCTION(pgqrs_wait_event) {
    const workflow::NamedWait wait = named_wait(call, "event");
    auto sink = call.rows_result();
    workflow::wait_for_event(wait, sink);
    return sink.done();
}

PGQRS_FUNCTION(pgqrs_signal_run) {
    return call.boolean_result(workflow::send({.run = call.int8(0, "run"),
                                               .name = call.text(1, "signal"),
                                               .payload = call.optional_json(2),
                                               .dedup_key = call.optional_text(3)}));
}

PGQRS_FUNCTION(pgqrs_emit_event) {
    const auto queue = call.text(0, "queue");
    const auto event = call.text(1, "event");
    return call.boolean_result(workflow::emit_event(queue, event, call.optional_json(2)));
}

PGQRS_FUNCTION(pgqrs_set_value) {
    workflow::set_value({.run = call.int8(0, "run"),
                         .read_ct = call.int8(1, "read_ct"),
                         .key = call.text(2, "key"),
                         .value = call.optional_json(3)});
    return call.boolean_result(true);
}

PGQRS_FUNCTION(pgqrs_get_value) {
    const std::int64_t run = call.int8(0, "run");
    const auto key = call.text(1, "key");
    const core::Duration wait = call.interval_or(2, 0);
    auto sink = call.rows_result();
    workflow::get_value(run, key, wait, sink);
    return sink.done();
}
