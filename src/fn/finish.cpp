// SQL functions of sql/parts/60_finish.sql.

#include "fn/deliveries.hpp"
#include "pg/boundary.hpp"
#include "queue/finish.hpp"
#include "queue/next.hpp"

using namespace pgqrs;
using fn::deliveries;
using fn::delivery;

namespace {

// The answer about one delivery; false becomes an error when `strict` is asked for.
Datum answer(pg::Call& call, int strict_index, std::string_view queue,
             const engine::Delivery& delivery, bool done) {
    if (!done && call.boolean_or(strict_index, false)) {
        queue::raise_lease_lost(queue, delivery);
    }
    return call.boolean_result(done);
}

// A row for each delivery, with the same `strict`.
Datum answer(pg::Call& call, int strict_index, std::string_view queue,
             const std::vector<engine::Delivery>& all, const std::vector<bool>& done) {
    if (call.boolean_or(strict_index, false)) {
        queue::require_all(queue, all, done);
    }
    auto sink = call.rows_result();
    for (std::size_t i = 0; i < all.size(); ++i) {
        sink.put({pg::int8(all[i].id), pg::boolean(done[i])});
    }
    return sink.done();
}

}  // namespace

PGQRS_FUNCTION(pgqrs_archive) {
    const auto queue = call.text(0, "queue");
    const auto one = delivery(call, 2);
    return answer(call, 3, queue, one, queue::archive(queue, one));
}

PGQRS_FUNCTION(pgqrs_delete) {
    const auto queue = call.text(0, "queue");
    const auto one = delivery(call, 2);
    return answer(call, 3, queue, one, queue::remove(queue, one));
}

PGQRS_FUNCTION(pgqrs_release) {
    const auto queue = call.text(0, "queue");
    const auto one = delivery(call, 3);
    return answer(call, 4, queue, one, queue::release(queue, one, call.span_or_none(2)));
}

PGQRS_FUNCTION(pgqrs_extend_visibility) {
    const auto queue = call.text(0, "queue");
    const auto one = delivery(call, 3);
    return answer(call, 4, queue, one,
                  queue::extend_visibility(queue, one, call.interval(2, "by")));
}

PGQRS_FUNCTION(pgqrs_archive_batch) {
    const auto queue = call.text(0, "queue");
    const auto all = deliveries(call, 2);
    return answer(call, 3, queue, all, queue::archive_batch(queue, all));
}

PGQRS_FUNCTION(pgqrs_delete_batch) {
    const auto queue = call.text(0, "queue");
    const auto all = deliveries(call, 2);
    return answer(call, 3, queue, all, queue::remove_batch(queue, all));
}

PGQRS_FUNCTION(pgqrs_release_batch) {
    const auto queue = call.text(0, "queue");
    const auto all = deliveries(call, 3);
    return answer(call, 4, queue, all, queue::release_batch(queue, all, call.span_or_none(2)));
}

PGQRS_FUNCTION(pgqrs_next) {
    const queue::DeliveryRequest request{.queue = call.text(0, "queue"),
                                         .quantity = call.int8_or(3, 1),
                                         .visibility = call.optional_interval(4),
                                         .worker = call.optional_int8(6),
                                         .wait = call.interval_or(5, 0)};
    const auto done = deliveries(
        call, call.is_null(1) ? std::vector<std::int64_t>() : call.int8_array(1, "done"), 2);
    auto sink = call.rows_result();
    queue::next(done, request, sink);
    return sink.done();
}
