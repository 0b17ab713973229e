// SQL functions of sql/parts/50_consume.sql.
#include "pgqrs/pg/function.hpp"
#include "pgqrs/store/delivery.hpp"

using namespace pgqrs;

PGQRS_FUNCTION(pgqrs_dequeue) {
    const store::DeliveryRequest request{.queue = call.text(0, "queue"),
                                         .quantity = 1,
                                         .visibility = call.optional_interval(1),
                                         .worker = call.optional_int8(2)};
    auto sink = call.rows_result();
    store::dequeue(request, sink);
    return sink.done();
}

PGQRS_FUNCTION(pgqrs_dequeue_batch) {
    const store::DeliveryRequest request{.queue = call.text(0, "queue"),
                                         .quantity = call.int4(1, "qty"),
                                         .visibility = call.optional_interval(2),
                                         .worker = call.optional_int8(3)};
    auto sink = call.rows_result();
    store::dequeue(request, sink);
    return sink.done();
}

PGQRS_FUNCTION(pgqrs_pop) {
    auto sink = call.rows_result();
    store::pop(call.text(0, "queue"), call.int4(1, "qty"), sink);
    return sink.done();
}

PGQRS_FUNCTION(pgqrs_peek) {
    auto sink = call.rows_result();
    store::peek(call.text(0, "queue"), call.int4(1, "qty"), sink);
    return sink.done();
}
