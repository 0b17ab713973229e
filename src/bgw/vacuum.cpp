#include "bgw/vacuum.hpp"

#include <optional>
#include <string>

#include "engine/table.hpp"
#include "pg/background_worker.hpp"
#include "pg/boundary.hpp"
#include "pg/spi.hpp"
#include "pg/transaction.hpp"
#include "queue/dead_rows.hpp"

namespace pgqrs::bgw {
namespace {

constexpr pg::WorkerProgram kVacuum = {
    .name = "pgqrs vacuum", .function = "pgqrs_vacuum", .restarts = false};

// In all of the server, so that they leave room for other workers.
constexpr std::int64_t kAtOnce = 2;
// As many as there are tables to vacuum.
constexpr int kMostTables = 5;

constinit pg::Statement count_at_it(R"sql(
    SELECT
        count(*),
        count(*) FILTER (WHERE datname = current_database())
    FROM pg_stat_activity
    WHERE backend_type = 'pgqrs vacuum'
)sql");

// Only a superuser sees them all.
bool is_there_room() {
    return pg::with_spi([] {
        const pg::Rows rows = count_at_it.run({});
        return rows.int8(0, 1) < kAtOnce && rows.int8(0, 2) == 0;
    });
}

// Answers whether it committed.
template <class Body>
bool in_transaction(Body body) {
    return pg::run_in_transaction("looking for dead rows", [&] {
        if (pg::hold_extension(engine::kExtension)) {
            const pg::ExtensionOwner owner(engine::kExtension);
            body();
        }
    });
}

void vacuum_late_tables(Oid database) {
    pg::accept_signals();
    pg::connect_to_database(database);
    pg::give_way_as_autovacuum();
    for (int i = 0; i < kMostTables; ++i) {
        pg::attend_to_signals();
        std::optional<queue::LateTable> late;
        if (!in_transaction([&] { late = queue::find_late_table(); }) || !late ||
            !pg::vacuum_table(late->table, late->pace)) {
            return;
        }
        std::optional<std::int64_t> removed;
        if (!in_transaction([&] { removed = queue::note_vacuumed(*late); }) || !removed) {
            return;
        }
        pg::log("pgqrs vacuum removed dead rows of pgqrs." + late->name + ": " +
                std::to_string(*removed));
        pg::report_idle();
    }
}

}  // namespace

Turn start_vacuum_if_late() {
    const bool is_late = [] {
        const pg::ExtensionOwner owner(engine::kExtension);
        return queue::find_late_table().has_value();
    }();
    if (is_late && is_there_room()) {
        pg::start_background_worker(kVacuum, pg::current_database());
    }
    return {false, core::kDay};
}

}  // namespace pgqrs::bgw

extern "C" {
PGDLLEXPORT void pgqrs_vacuum(Datum database);

void pgqrs_vacuum(Datum database) {
    pgqrs::pg::enter_without_arguments(
        [&] { pgqrs::bgw::vacuum_late_tables(DatumGetObjectId(database)); });
}
}
