// SQL functions of sql/parts/80_workers.sql.
#include "queue/workers.hpp"

#include "core/limits.hpp"
#include "fn/deliveries.hpp"
#include "pg/boundary.hpp"
#include "pg/spi.hpp"
#include "queue/presence.hpp"
#include "queue/reaping.hpp"
#include "queue/worker_life.hpp"

using namespace pgqrs;

PGQRS_FUNCTION(pgqrs_register_worker) {
    const queue::NewWorker worker{.queue = call.text(0, "queue"),
                                  .name = call.text(1, "name"),
                                  .hostname = call.optional_text(2),
                                  .pid = call.optional_int8(3),
                                  .metadata = call.optional_json(4),
                                  .lease = call.interval_or(5, core::kDefaultWorkerLease),
                                  .session = call.boolean_or(6, false)};
    return call.int8_result(queue::register_worker(worker));
}

PGQRS_FUNCTION(pgqrs_delete_worker) {
    return call.boolean_result(queue::delete_worker(call.int8(0, "worker")));
}

PGQRS_FUNCTION(pgqrs_get_worker) {
    auto sink = call.rows_result();
    queue::get_worker(call.int8(0, "worker"), sink);
    return sink.done();
}

PGQRS_FUNCTION(pgqrs_list_workers) {
    auto sink = call.rows_result();
    queue::list_workers(call.optional_text(0), call.int8_or(1, 0),
                        call.int8_or(2, core::kDefaultPage), sink);
    return sink.done();
}

PGQRS_FUNCTION(pgqrs_suspend_worker) {
    const std::int64_t worker = call.int8(0, "worker");
    return pg::with_spi([&] { return call.row_result(queue::suspend_worker(worker)); });
}

PGQRS_FUNCTION(pgqrs_resume_worker) {
    const std::int64_t worker = call.int8(0, "worker");
    return pg::with_spi([&] { return call.row_result(queue::resume_worker(worker)); });
}

PGQRS_FUNCTION(pgqrs_stop_worker) {
    const std::int64_t worker = call.int8(0, "worker");
    return pg::with_spi([&] { return call.row_result(queue::stop_worker(worker)); });
}

PGQRS_FUNCTION(pgqrs_heartbeat) {
    const std::int64_t worker = call.int8(0, "worker");
    const auto all = call.is_null(1) ? std::vector<engine::Delivery>{} : fn::deliveries(call, 2);
    const auto held = queue::heartbeat(worker, all);
    auto sink = call.rows_result();
    for (std::size_t i = 0; i < all.size(); ++i) {
        sink.put({pg::int8(all[i].id), pg::boolean(held[i].lost), pg::boolean(held[i].cancelled)});
    }
    return sink.done();
}

PGQRS_FUNCTION(pgqrs_release_worker_messages) {
    return call.int8_result(queue::release_worker_messages(call.int8(0, "worker")));
}

PGQRS_FUNCTION(pgqrs_reap_workers) { return call.int8_result(queue::reap_workers()); }

PGQRS_FUNCTION(pgqrs_purge_workers) {
    const core::Span older_than =
        call.is_null(1) ? core::Span{.days = 1} : call.span(1, "older_than");
    return call.int8_result(queue::purge_workers(call.optional_text(0), older_than));
}

PGQRS_FUNCTION(pgqrs_worker_health) {
    auto sink = call.rows_result();
    queue::worker_health(call.optional_text(0), sink);
    return sink.done();
}

PGQRS_FUNCTION(pgqrs_worker_metrics) {
    auto sink = call.rows_result();
    queue::worker_metrics(call.text(0, "queue"), sink);
    return sink.done();
}

PGQRS_FUNCTION(pgqrs_count_workers) {
    return call.int8_result(queue::count_workers(call.optional_text(0)));
}
