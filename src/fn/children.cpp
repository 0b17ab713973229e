// SQL functions of sql/parts/89_children.sql.
#include "workflow/children.hpp"

#include "core/limits.hpp"
#include "fn/step_key.hpp"
#include "pg/boundary.hpp"
#include "workflow/chain.hpp"
#include "workflow/join.hpp"

using namespace pgqrs;

namespace {

workflow::ChildStep child_step(pg::Call& call, int seq, int on_parent_end) {
    return {.run = call.int8(0, "run"),
            .read_ct = call.int8(1, "read_ct"),
            .key = fn::step_key(call, 2, seq),
            .workflow = call.text(3, "workflow"),
            .common = {.priority = core::kDefaultPriority,
                       .delay = {},
                       .cancel_with_parent = core::cancels_with_parent(
                           call.optional_text(on_parent_end).value_or("cancel"))}};
}

}  // namespace

PGQRS_FUNCTION(pgqrs_start_child) {
    workflow::ChildStep step = child_step(call, 5, 6);
    step.common.priority = call.int8_or(7, core::kDefaultPriority);
    step.common.delay = call.span_or_none(8);
    auto sink = call.rows_result();
    workflow::start_child(step, call.optional_json(4), sink);
    return sink.done();
}

PGQRS_FUNCTION(pgqrs_start_children) {
    const workflow::ChildStep step = child_step(call, 5, 6);
    const auto inputs = call.json_array(4, "inputs");
    auto sink = call.rows_result();
    sink.put_each(workflow::start_children(step, inputs));
    return sink.done();
}

PGQRS_FUNCTION(pgqrs_wait_runs) {
    const workflow::RunsWait wait{.run = call.int8(0, "run"),
                                  .read_ct = call.int8(1, "read_ct"),
                                  .key = fn::step_key(call, 2, 6),
                                  .runs = call.int8_array(3, "runs"),
                                  .any = core::joins_any(call.optional_text(4).value_or("all")),
                                  .timeout = call.optional_span(5)};
    auto sink = call.rows_result();
    workflow::wait_for_runs(wait, sink);
    return sink.done();
}

PGQRS_FUNCTION(pgqrs_continue_as_new) {
    const auto next = workflow::continue_as_new(call.int8(0, "run"), call.int8(1, "read_ct"),
                                                call.optional_json(2));
    return next ? call.int8_result(*next) : call.null_result();
}
