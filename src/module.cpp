// The library's entry points: what PostgreSQL looks for when it loads pgqrs.so.
#include "bgw/maintenance.hpp"
#include "bgw/notifier.hpp"
#include "pg/boundary.hpp"
#include "pg/shared_memory.hpp"
#include "engine/notify.hpp"
#include "engine/ddl_watch.hpp"
#include "engine/runner_pool.hpp"
#include "engine/settings.hpp"
#include "engine/slots.hpp"
#include "engine/upkeep.hpp"
#include "engine/journal.hpp"
#include "queue/maintenance.hpp"
#include "queue/removed_runs.hpp"
#include "workflow/duties.hpp"
#include "workflow/finish.hpp"
#include "workflow/retry.hpp"

extern "C" {
PG_MODULE_MAGIC;

PGDLLEXPORT void _PG_init() {
    pgqrs::pg::enter_without_arguments([] {
        pgqrs::engine::define_settings();
        if (pgqrs::pg::is_preloading()) {
            pgqrs::engine::request_shared_memory();
            pgqrs::engine::share_notices(pgqrs::bgw::start_notifier);
            pgqrs::engine::request_upkeep();
            pgqrs::engine::request_runner_pool();
            pgqrs::bgw::run_launcher_with_server();
            pgqrs::engine::watch_other_commands();
        }
        pgqrs::engine::open_journal();
        pgqrs::queue::set_end_of_removed_runs(pgqrs::workflow::end_removed_runs);
        pgqrs::queue::add_maintenance_duties(pgqrs::workflow::maintenance_duties());
        pgqrs::queue::set_retry_of_failed_runs(pgqrs::workflow::retry_failed_run);
    });
}
}
