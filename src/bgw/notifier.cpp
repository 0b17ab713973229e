// The background worker that sends the NOTIFYs of a database; see pg/notices.hpp.
#include "pg/background_worker.hpp"
#include "pg/boundary.hpp"
#include "engine/notify.hpp"

extern "C" {
PGDLLEXPORT void pgqrs_notifier(Datum database);

void pgqrs_notifier(Datum database) {
    pgqrs::pg::enter_without_arguments([&] {
        pgqrs::pg::connect_background_worker(database);
        pgqrs::engine::send_notices();
    });
}
}
