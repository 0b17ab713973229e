#include "bgw/reaper.hpp"

#include <string>

#include "engine/table.hpp"
#include "pg/background_worker.hpp"
#include "pg/boundary.hpp"
#include "pg/transaction.hpp"
#include "queue/reaping.hpp"

namespace pgqrs::bgw {
namespace {

constexpr pg::WorkerProgram kReaper = {
    .name = "pgqrs reaper", .function = "pgqrs_reaper", .restarts = false};

// The rest is for the next round of maintenance.
constexpr int kMostLooks = 20;
constexpr core::Duration kPause = 50 * core::kMillisecond;

void reap(Oid database) {
    pg::accept_signals();
    pg::connect_to_database(database);
    // After a crash all sessions have ended anyway.
    pg::commit_without_waiting();
    for (int looks = 0; looks < kMostLooks; ++looks) {
        queue::Reaped reaped;
        const bool committed = pg::run_in_transaction("looking for ended sessions", [&] {
            if (pg::hold_extension(engine::kExtension)) {
                const pg::ExtensionOwner owner(engine::kExtension);
                reaped = queue::reap_ended_sessions();
            }
        });
        if (committed && reaped.dead > 0) {
            pg::log("pgqrs reaper found workers of ended sessions: " + std::to_string(reaped.dead));
        }
        if (!committed || reaped.left == 0) {
            return;
        }
        pg::sleep_on_latch(kPause);
        pg::attend_to_signals();
    }
}

}  // namespace

bool start_reaper(Oid database) { return pg::start_background_worker(kReaper, database); }

}  // namespace pgqrs::bgw

extern "C" {
PGDLLEXPORT void pgqrs_reaper(Datum database);

void pgqrs_reaper(Datum database) {
    pgqrs::pg::enter_without_arguments([&] { pgqrs::bgw::reap(DatumGetObjectId(database)); });
}
}
