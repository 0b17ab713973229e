// SQL functions of sql/parts/50_consume.sql.
#include <string>

#include "pg/boundary.hpp"
#include "pg/procedure.hpp"
#include "pg/transaction.hpp"
#include "queue/consume.hpp"
#include "workflow/wakes.hpp"

using namespace pgqrs;

PGQRS_FUNCTION(pgqrs_dequeue) {
    const queue::DeliveryRequest request{.queue = call.text(0, "queue"),
                                         .quantity = 1,
                                         .visibility = call.optional_interval(1),
                                         .worker = call.optional_int8(3),
                                         .wait = call.interval_or(2, 0)};
    auto sink = call.rows_result();
    queue::dequeue(request, sink);
    return sink.done();
}

PGQRS_FUNCTION(pgqrs_dequeue_batch) {
    const queue::DeliveryRequest request{.queue = call.text(0, "queue"),
                                         .quantity = call.int8(1, "qty"),
                                         .visibility = call.optional_interval(2),
                                         .worker = call.optional_int8(4),
                                         .wait = call.interval_or(3, 0)};
    auto sink = call.rows_result();
    queue::dequeue(request, sink);
    return sink.done();
}

PGQRS_FUNCTION(pgqrs_wait) {
    const std::string queue(call.text(0, "queue"));
    const core::Duration timeout = call.interval(1, "timeout");
    pg::Procedure procedure(call.info(), "pgqrs.wait");
    const bool ready = queue::wait_for_message(
        queue, timeout, [&procedure] { procedure.commit(); },
        [](const queue::Held& held) {
            if (!pg::is_in_recovery()) {
                workflow::drain_wakes(held);
            }
        });
    return procedure.result(pg::boolean(ready));
}

PGQRS_FUNCTION(pgqrs_pop) {
    auto sink = call.rows_result();
    queue::pop(call.text(0, "queue"), call.int8_or(1, 1), sink);
    return sink.done();
}

PGQRS_FUNCTION(pgqrs_peek) {
    auto sink = call.rows_result();
    queue::peek(call.text(0, "queue"), call.int8_or(1, 1), sink);
    return sink.done();
}
