// SQL functions of sql/parts/86_workflows.sql.
#include "workflow/workflows.hpp"

#include "core/limits.hpp"
#include "pg/boundary.hpp"
#include "pg/spi.hpp"
#include "workflow/start.hpp"

using namespace pgqrs;

PGQRS_FUNCTION(pgqrs_create_workflow) {
    const auto name = call.text(0, "workflow");
    const auto queue = call.optional_text(1);
    const workflow::WorkflowSettings settings{.handler = call.optional_text(2),
                                              .description = call.optional_text(3),
                                              .max_attempts = call.optional_int8(4),
                                              .backoff = call.optional_text(5),
                                              .backoff_base = call.optional_interval(6),
                                              .backoff_cap = call.optional_interval(7),
                                              .backoff_jitter = call.optional_float8(8),
                                              .run_timeout = call.optional_interval(9),
                                              .retention = call.optional_interval(10)};
    const bool if_not_exists = call.boolean_or(11, false);
    return pg::with_spi([&] {
        return call.row_result(workflow::create_workflow(name, queue, settings, if_not_exists));
    });
}

PGQRS_FUNCTION(pgqrs_alter_workflow) {
    const auto name = call.text(0, "workflow");
    const workflow::WorkflowSettings settings{.handler = call.optional_text(1),
                                              .description = call.optional_text(2),
                                              .max_attempts = call.optional_int8(3),
                                              .backoff = call.optional_text(4),
                                              .backoff_base = call.optional_interval(5),
                                              .backoff_cap = call.optional_interval(6),
                                              .backoff_jitter = call.optional_float8(7),
                                              .run_timeout = call.optional_interval(8),
                                              .retention = call.optional_interval(9)};
    return pg::with_spi([&] { return call.row_result(workflow::alter_workflow(name, settings)); });
}

PGQRS_FUNCTION(pgqrs_drop_workflow) {
    return call.int8_result(
        workflow::drop_workflow(call.text(0, "workflow"), call.boolean_or(1, false)));
}

PGQRS_FUNCTION(pgqrs_get_workflow) {
    const auto name = call.text(0, "workflow");
    return pg::with_spi([&] { return call.row_result(workflow::get_workflow(name)); });
}

PGQRS_FUNCTION(pgqrs_list_workflows) {
    auto sink = call.rows_result();
    workflow::list_workflows(call.int8_or(0, 0), call.int8_or(1, core::kDefaultPage), sink);
    return sink.done();
}

PGQRS_FUNCTION(pgqrs_start_workflow) {
    const auto key = call.optional_text(2);
    workflow::StartRequest request{
        .workflow = call.text(0, "workflow"),
        .input = call.optional_json(1),
        .key = std::nullopt,
        .on_conflict = core::on_conflict(call.optional_text(5).value_or("return")),
        .common = {.priority = call.int8_or(6, core::kDefaultPriority),
                   .delay = call.span_or_none(7),
                   .version = call.optional_text(9),
                   .deadline = call.optional_timestamptz(10),
                   .headers = call.optional_json(8)}};
    const core::KeyScope scope = core::key_scope(call.optional_text(3).value_or("active"));
    if (key) {
        request.key = {.key = *key, .scope = scope, .period = call.optional_span(4)};
    }
    auto sink = call.rows_result();
    workflow::start_workflow(request, sink);
    return sink.done();
}

PGQRS_FUNCTION(pgqrs_start_workflows) {
    const auto name = call.text(0, "workflow");
    const auto inputs = call.json_array(1, "inputs");
    auto sink = call.rows_result();
    sink.put_each(workflow::start_workflows(name, inputs,
                                            {.priority = call.int8_or(2, core::kDefaultPriority),
                                             .delay = call.span_or_none(3),
                                             .version = call.optional_text(4)}));
    return sink.done();
}
