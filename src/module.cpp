// The library's entry points: what PostgreSQL looks for when it loads pgqrs.so.
#include "pgqrs/pg/function.hpp"
#include "pgqrs/pg/settings.hpp"

extern "C" {
PG_MODULE_MAGIC;

PGDLLEXPORT void _PG_init() {
    pgqrs::pg::enter_without_arguments([] { pgqrs::pg::define_settings(); });
}
}
