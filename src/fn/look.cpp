// SQL functions of sql/parts/70_look.sql.
#include "pgqrs/core/version.hpp"
#include "pgqrs/pg/function.hpp"
#include "pgqrs/pg/spi.hpp"
#include "pgqrs/store/inspection.hpp"
#include "pgqrs/store/metrics.hpp"
#include "pgqrs/store/verification.hpp"

using namespace pgqrs;

namespace {

store::Page page(pg::Call& call) {
    return {.after_id = call.int8(1, "after_id"), .quantity = call.int4(2, "qty")};
}

}  // namespace

PGQRS_FUNCTION(pgqrs_get_message) {
    auto sink = call.rows_result();
    store::get_message(call.text(0, "queue"), call.int8(1, "id"), sink);
    return sink.done();
}

PGQRS_FUNCTION(pgqrs_list_messages) {
    auto sink = call.rows_result();
    store::list_messages(call.text(0, "queue"), page(call), sink);
    return sink.done();
}

PGQRS_FUNCTION(pgqrs_count_messages) {
    return call.int8_result(store::count_messages(call.optional_text(0)));
}

PGQRS_FUNCTION(pgqrs_get_archived) {
    auto sink = call.rows_result();
    store::get_archived(call.text(0, "queue"), call.int8(1, "id"), sink);
    return sink.done();
}

PGQRS_FUNCTION(pgqrs_list_archive) {
    auto sink = call.rows_result();
    store::list_archive(call.text(0, "queue"), page(call), sink);
    return sink.done();
}

PGQRS_FUNCTION(pgqrs_count_archive) {
    return call.int8_result(store::count_archive(call.optional_text(0)));
}

PGQRS_FUNCTION(pgqrs_queue_metrics) {
    const auto queue = call.text(0, "queue");
    const bool exact = call.boolean(1, "exact");
    return pg::with_spi([&] { return call.row_result(store::queue_metrics(queue, exact)); });
}

PGQRS_FUNCTION(pgqrs_all_queues_metrics) {
    auto sink = call.rows_result();
    store::all_queues_metrics(call.boolean(0, "exact"), sink);
    return sink.done();
}

PGQRS_FUNCTION(pgqrs_verify) {
    auto sink = call.rows_result();
    store::verify(sink);
    return sink.done();
}

PGQRS_FUNCTION(pgqrs_version) { return call.text_result(core::kVersion); }
