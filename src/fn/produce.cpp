// SQL functions of sql/parts/40_produce.sql.
#include "core/limits.hpp"
#include "pg/boundary.hpp"
#include "queue/produce.hpp"

using namespace pgqrs;

PGQRS_FUNCTION(pgqrs_enqueue) {
    const queue::NewMessages common{.queue = call.text(0, "queue"),
                                    .priority = call.int8_or(3, core::kDefaultPriority),
                                    .delay = call.span_or_none(2),
                                    .at = std::nullopt};
    return call.int8_result(queue::enqueue(common, call.optional_json(1), call.optional_json(4)));
}

PGQRS_FUNCTION(pgqrs_enqueue_at) {
    const queue::NewMessages common{.queue = call.text(0, "queue"),
                                    .priority = call.int8_or(3, core::kDefaultPriority),
                                    .delay = {},
                                    .at = call.timestamptz(2, "at")};
    return call.int8_result(queue::enqueue(common, call.optional_json(1), call.optional_json(4)));
}

PGQRS_FUNCTION(pgqrs_enqueue_batch) {
    const queue::NewMessages common{.queue = call.text(0, "queue"),
                                    .priority = call.int8_or(3, core::kDefaultPriority),
                                    .delay = call.span_or_none(2),
                                    .at = std::nullopt};
    const auto payloads = call.json_array(1, "payloads");
    const auto headers =
        call.is_null(4) ? std::nullopt : std::optional(call.json_array(4, "headers"));
    auto sink = call.rows_result();
    sink.put_each(queue::enqueue_batch(common, payloads, headers));
    return sink.done();
}

PGQRS_FUNCTION(pgqrs_enqueue_job) {
    const queue::NewMessages common{.queue = call.text(0, "queue"),
                                    .priority = call.int8_or(3, core::kDefaultPriority),
                                    .delay = call.span_or_none(2),
                                    .at = std::nullopt,
                                    .max_attempts = call.optional_int8(5),
                                    .expires_after = call.optional_span(6)};
    auto sink = call.rows_result();
    const std::int64_t id = queue::enqueue(common, call.optional_json(1), call.optional_json(4));
    sink.put({pg::int8(id), pg::boolean(true)});
    return sink.done();
}
