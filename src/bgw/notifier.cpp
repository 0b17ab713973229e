// The background worker that sends the NOTIFYs of a database; see pg/notices.hpp.
#include "pgqrs/pg/background_worker.hpp"
#include "pgqrs/pg/function.hpp"
#include "pgqrs/pg/notices.hpp"

extern "C" {
PGDLLEXPORT void pgqrs_notifier(Datum database);

void pgqrs_notifier(Datum database) {
    pgqrs::pg::enter_without_arguments([&] {
        pgqrs::pg::connect_background_worker(database);
        pgqrs::pg::send_notices();
    });
}
}
