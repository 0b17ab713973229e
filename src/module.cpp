// The library's entry points: what PostgreSQL looks for when it loads pgqrs.so.
#include "pgqrs/pg/function.hpp"
#include "pgqrs/pg/notices.hpp"
#include "pgqrs/pg/other_commands.hpp"
#include "pgqrs/pg/settings.hpp"
#include "pgqrs/pg/shared_memory.hpp"
#include "pgqrs/store/touches.hpp"

extern "C" {
PG_MODULE_MAGIC;

PGDLLEXPORT void _PG_init() {
    pgqrs::pg::enter_without_arguments([] {
        pgqrs::pg::define_settings();
        if (pgqrs::pg::is_preloading()) {
            pgqrs::pg::request_shared_memory();
            pgqrs::pg::request_notices();
            pgqrs::pg::watch_other_commands();
        }
        pgqrs::store::watch_touches();
    });
}
}
