// SQL functions of sql/parts/30_queues.sql.
#include "queue/queues.hpp"

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
        .notify = call.boolean_or(5, false)};
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
    const queue::QueueSettings settings{.visibility_timeout = call.optional_interval(1),
                                        .max_deliveries = call.optional_int8(2),
                                        .description = call.optional_text(3),
                                        .notify = call.optional_boolean(4)};
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
