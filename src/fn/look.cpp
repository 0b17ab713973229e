// SQL functions of sql/parts/70_look.sql.
#include "core/limits.hpp"
#include "core/version.hpp"
#include "pg/boundary.hpp"
#include "pg/spi.hpp"
#include "queue/look.hpp"
#include "queue/metrics.hpp"
#include "queue/verify.hpp"

using namespace pgqrs;

namespace {

queue::Page page(pg::Call& call) {
    return {.after_id = call.int8_or(1, 0), .quantity = call.int8_or(2, core::kDefaultPage)};
}

}  // namespace

PGQRS_FUNCTION(pgqrs_get_message) {
    auto sink = call.rows_result();
    queue::get_message(call.text(0, "queue"), call.int8(1, "id"), sink);
    return sink.done();
}

PGQRS_FUNCTION(pgqrs_list_messages) {
    auto sink = call.rows_result();
    queue::list_messages(call.text(0, "queue"), page(call), sink);
    return sink.done();
}

PGQRS_FUNCTION(pgqrs_count_messages) {
    return call.int8_result(queue::count_messages(call.optional_text(0)));
}

PGQRS_FUNCTION(pgqrs_get_archived) {
    auto sink = call.rows_result();
    queue::get_archived(call.text(0, "queue"), call.int8(1, "id"), sink);
    return sink.done();
}

PGQRS_FUNCTION(pgqrs_list_archive) {
    auto sink = call.rows_result();
    queue::list_archive(call.text(0, "queue"), page(call), sink);
    return sink.done();
}

PGQRS_FUNCTION(pgqrs_count_archive) {
    return call.int8_result(queue::count_archive(call.optional_text(0)));
}

PGQRS_FUNCTION(pgqrs_queue_metrics) {
    const auto queue = call.text(0, "queue");
    const bool exact = call.boolean_or(1, false);
    return pg::with_spi([&] { return call.row_result(queue::queue_metrics(queue, exact)); });
}

PGQRS_FUNCTION(pgqrs_all_queues_metrics) {
    auto sink = call.rows_result();
    queue::all_queues_metrics(call.boolean_or(0, false), sink);
    return sink.done();
}

PGQRS_FUNCTION(pgqrs_verify) {
    auto sink = call.rows_result();
    queue::verify(sink);
    return sink.done();
}

PGQRS_FUNCTION(pgqrs_version) { return call.text_result(core::kVersion); }
