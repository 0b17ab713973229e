// SQL functions of sql/parts/30_queues.sql.
#include "queue/queues.hpp"

#include "core/backoff.hpp"
#include "core/limits.hpp"
#include "pg/boundary.hpp"
#include "pg/spi.hpp"
#include "queue/drop.hpp"

using namespace pgqrs;

PGQRS_FUNCTION(pgqrs_create_queue) {
    const auto queue = call.text(0, "queue");
    const queue::QueueSettings settings{
        .visibility_timeout = call.interval_or(1, core::kDefaultVisibility),
        .max_deliveries = call.optional_int8(2),
        .description = call.optional_text(3),
        .notify = call.boolean_or(5, false),
        .max_attempts = call.int8_or(6, core::kDefaultMaxAttempts),
        .backoff = call.optional_text(7).value_or(core::kDefaultBackoff),
        .backoff_base = call.interval_or(8, core::kDefaultBackoffBase),
        .backoff_cap = call.interval_or(9, core::kDefaultBackoffCap),
        .backoff_jitter = call.optional_float8(10).value_or(core::kDefaultBackoffJitter),
        .dead_letter_queue = call.optional_text(11),
        .expires_after = call.optional_interval(12),
        .max_messages = call.optional_int8(13),
        .enqueue_rate = call.optional_float8(14),
        .enqueue_burst = call.optional_int8(15),
        .max_payload_bytes = call.optional_int8(16),
        .max_depth = call.optional_int8(17),
        .required_keys = call.optional_texts(18, "required_keys"),
        .forbidden_keys = call.optional_texts(19, "forbidden_keys")};
    const bool if_not_exists = call.boolean_or(4, false);
    return pg::with_spi(
        [&] { return call.row_result(queue::create_queue(queue, settings, if_not_exists)); });
}

PGQRS_FUNCTION(pgqrs_get_queue) {
    const auto queue = call.text(0, "queue");
    return pg::with_spi([&] { return call.row_result(queue::get_queue(queue)); });
}

PGQRS_FUNCTION(pgqrs_get_queue_by_id) {
    auto sink = call.rows_result();
    queue::get_queue_by_id(call.int8(0, "id"), sink);
    return sink.done();
}

PGQRS_FUNCTION(pgqrs_list_queues) {
    auto sink = call.rows_result();
    queue::list_queues(call.int8_or(0, 0), call.optional_int8(1), sink);
    return sink.done();
}

PGQRS_FUNCTION(pgqrs_count_queues) { return call.int8_result(queue::count_queues()); }

PGQRS_FUNCTION(pgqrs_alter_queue) {
    const auto queue = call.text(0, "queue");
    const queue::QueueSettings settings{
        .visibility_timeout = call.optional_interval(1),
        .max_deliveries = call.optional_int8(2),
        .description = call.optional_text(3),
        .notify = call.optional_boolean(4),
        .max_attempts = call.optional_int8(5),
        .backoff = call.optional_text(6),
        .backoff_base = call.optional_interval(7),
        .backoff_cap = call.optional_interval(8),
        .backoff_jitter = call.optional_float8(9),
        .dead_letter_queue = call.optional_text(10),
        .expires_after = call.optional_interval(11),
        .max_messages = call.optional_int8(12),
        .enqueue_rate = call.optional_float8(13),
        .enqueue_burst = call.optional_int8(14),
        .max_payload_bytes = call.optional_int8(15),
        .max_depth = call.optional_int8(16),
        .required_keys = call.optional_texts(17, "required_keys"),
        .forbidden_keys = call.optional_texts(18, "forbidden_keys")};
    return pg::with_spi([&] { return call.row_result(queue::alter_queue(queue, settings)); });
}

PGQRS_FUNCTION(pgqrs_drop_queue) {
    return call.int8_result(queue::drop_queue(call.text(0, "queue"), call.boolean_or(1, false)));
}

PGQRS_FUNCTION(pgqrs_purge_queue) {
    return call.int8_result(queue::purge_queue(call.text(0, "queue")));
}

PGQRS_FUNCTION(pgqrs_purge_archive) {
    return call.int8_result(
        queue::purge_archive(call.text(0, "queue"), call.span(1, "older_than")));
}

PGQRS_FUNCTION(pgqrs_pause_queue) {
    return call.boolean_result(queue::set_paused(call.text(0, "queue"), true));
}

PGQRS_FUNCTION(pgqrs_resume_queue) {
    return call.boolean_result(queue::set_paused(call.text(0, "queue"), false));
}
