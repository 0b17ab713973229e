// SQL functions of sql/parts/80_workers.sql.
#include "queue/workers.hpp"

#include "core/limits.hpp"
#include "pg/boundary.hpp"

using namespace pgqrs;

PGQRS_FUNCTION(pgqrs_register_worker) {
    const queue::NewWorker worker{.queue = call.text(0, "queue"),
                                  .name = call.text(1, "name"),
                                  .hostname = call.optional_text(2),
                                  .pid = call.optional_int8(3),
                                  .metadata = call.optional_json(4)};
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

PGQRS_FUNCTION(pgqrs_count_workers) {
    return call.int8_result(queue::count_workers(call.optional_text(0)));
}
