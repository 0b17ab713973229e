#include "bgw/maintenance.hpp"

#include <algorithm>
#include <string>
#include <utility>
#include <vector>

#include "bgw/reaper.hpp"
#include "bgw/runner.hpp"
#include "bgw/vacuum.hpp"
#include "bgw/worker.hpp"
#include "engine/clock.hpp"
#include "engine/runner_pool.hpp"
#include "engine/settings.hpp"
#include "engine/table.hpp"
#include "engine/upkeep.hpp"
#include "pg/background_worker.hpp"
#include "pg/boundary.hpp"
#include "queue/maintenance.hpp"

namespace pgqrs::bgw {
namespace {

constexpr pg::WorkerProgram kLauncher = {.name = "pgqrs launcher", .function = "pgqrs_launcher"};
constexpr pg::WorkerProgram kWorker = {
    .name = "pgqrs maintenance", .function = "pgqrs_maintenance", .restarts = false};

constexpr std::size_t kAtOnce = 2;
constexpr core::Duration kLongestRound = 3 * core::kSecond;
// Where there is no room for a worker.
constexpr core::Duration kPauseWithoutRoom = core::kSecond;

// The round of this process.
struct Round {
    core::Duration end;
    bool extension_seen;
    std::int64_t done[kMostDuties];
    int idle_batches[kMostDuties];
};
constinit Round round{};

template <std::size_t number>
Turn run_duty() {
    round.extension_seen = true;
    if (engine::elapsed_clock() >= round.end) {
        return {false, core::kDay};
    }
    const auto duties = queue::maintenance_duties();
    if (number >= duties.size()) {
        return {false, core::kDay};
    }
    const pg::ExtensionOwner owner(engine::kExtension);
    const queue::Batch batch = queue::run_batch(duties[number]);
    round.done[number] += batch.done;
    round.idle_batches[number] += batch.done > 0 ? 0 : 1;
    return batch.more && round.idle_batches[number] < queue::kMostIdleBatches
               ? Turn{true, 0}
               : Turn{false, core::kDay};
}

constexpr Duty duty(Turn (*run)()) {
    return {.activity = "maintaining queues",
            .run = run,
            .ended = nullptr,
            .longest_pause = core::kSecond};
}

template <std::size_t... numbers>
constexpr std::array<Duty, queue::kMostMaintenanceDuties + 1> make_duties(
    std::index_sequence<numbers...>) {
    return {duty(run_duty<numbers>)..., duty(start_vacuum_if_late)};
}
constexpr auto kMaintaining =
    make_duties(std::make_index_sequence<queue::kMostMaintenanceDuties>());

Arrival arrive(Oid) {
    round = {.end = engine::elapsed_clock() + kLongestRound,
             .extension_seen = false,
             .done = {},
             .idle_batches = {}};
    return {true, 0};
}

// One line for a round that did something.
void log_round() {
    std::string line;
    const auto duties = queue::maintenance_duties();
    for (std::size_t i = 0; i < duties.size(); ++i) {
        if (round.done[i] > 0) {
            line += (line.empty() ? "" : ", ") + std::string(duties[i].did) + ": " +
                    std::to_string(round.done[i]);
        }
    }
    if (!line.empty()) {
        pg::log("pgqrs maintenance " + line);
    }
}

bool end_round() {
    if (!round.extension_seen) {
        engine::forget_database(MyDatabaseId);
    }
    log_round();
    return true;
}

constexpr Worker kRound = {.duties = kMaintaining,
                           .arrive = arrive,
                           .may_end = end_round,
                           .idle_time = 0,
                           .commits_may_be_lost = true};

// False when there was no room for one.
bool start_reapers() {
    for (Oid database = engine::take_wanted_reaper(); OidIsValid(database);
         database = engine::take_wanted_reaper()) {
        if (!start_reaper(database)) {
            engine::want_reaper_of(database);
            return false;
        }
    }
    return true;
}

class Launcher {
public:
    // Lists the databases there are, and forgets those that are not any more.
    void begin_round(bool first) {
        std::vector<Oid> there;
        pg::run_in_transaction("listing databases", [&] { there = pg::list_databases(); });
        for (const Oid database : listed()) {
            if (std::find(there.begin(), there.end(), database) == there.end()) {
                engine::forget_database(database);
            }
        }
        if (first) {
            for (const Oid database : there) {
                engine::maintain_database(database);
            }
        }
        todo_ = listed();
        known_ = todo_;
    }

    // Those that came onto the list since the round began.
    void add_new() {
        for (const Oid database : listed()) {
            if (std::find(known_.begin(), known_.end(), database) == known_.end()) {
                known_.push_back(database);
                todo_.push_back(database);
            }
        }
    }

    // False when there is no room for another worker.
    bool start_workers() {
        std::erase_if(running_, [](const Running& worker) { return pg::has_ended(worker.handle); });
        for (std::size_t i = 0; i < todo_.size() && running_.size() < kAtOnce;) {
            const Oid database = todo_[i];
            const bool is_at_it =
                std::any_of(running_.begin(), running_.end(),
                            [&](const Running& worker) { return worker.database == database; });
            if (is_at_it) {
                ++i;
                continue;
            }
            BackgroundWorkerHandle* handle = pg::start_followed_worker(kWorker, database);
            if (handle == nullptr) {
                return false;
            }
            running_.push_back({database, handle});
            todo_.erase(todo_.begin() + static_cast<std::ptrdiff_t>(i));
        }
        return true;
    }

private:
    struct Running {
        Oid database;
        BackgroundWorkerHandle* handle;
    };

    static std::vector<Oid> listed() {
        std::vector<Oid> databases(engine::kMostMaintained);
        databases.resize(static_cast<std::size_t>(engine::maintained_databases(databases)));
        return databases;
    }

    std::vector<Oid> todo_;   // of this round
    std::vector<Oid> known_;  // that this round has or had on its list
    std::vector<Running> running_;
};

void leave(int, Datum) {
    engine::leave_upkeep();
    engine::leave_runner_pool();
}

void run_launcher() {
    pg::accept_signals_of_launcher();
    pg::connect_to_server();
    pg::guard([] { before_shmem_exit(leave, Datum{0}); });
    engine::attend_upkeep();
    engine::attend_runner_pool();
    Launcher launcher;
    RunnerStarter runners;
    core::Duration next_round = 0;
    for (bool first = true;;) {
        pg::end_if_asked();
        pg::attend_to_signals();
        const core::Duration interval = engine::maintenance_interval();
        const core::Duration now = engine::elapsed_clock();
        core::Duration pause = interval > 0 ? core::kDay : core::kSecond;
        if (interval > 0) {
            // A shorter interval counts from now on.
            next_round = std::min(next_round, now + interval);
            if (now >= next_round) {
                launcher.begin_round(first);
                first = false;
                next_round = now + interval;
            }
            launcher.add_new();
            const bool all = launcher.start_workers();
            pause = all ? next_round - now : std::min(next_round - now, kPauseWithoutRoom);
        }
        if (!start_reapers()) {
            pause = std::min(pause, kPauseWithoutRoom);
        }
        const core::Duration next_runner = runners.start_due();
        pg::report_idle();
        pg::sleep_on_latch(
            std::min(pause, std::max<core::Duration>(next_runner - engine::elapsed_clock(), 0)));
    }
}

}  // namespace

void run_launcher_with_server() { pg::run_with_server(kLauncher); }

}  // namespace pgqrs::bgw

extern "C" {
PGDLLEXPORT void pgqrs_launcher(Datum);
PGDLLEXPORT void pgqrs_maintenance(Datum database);

void pgqrs_launcher(Datum) {
    pgqrs::pg::enter_without_arguments([] { pgqrs::bgw::run_launcher(); });
}

void pgqrs_maintenance(Datum database) {
    pgqrs::pg::enter_without_arguments(
        [&] { pgqrs::bgw::run_worker(DatumGetObjectId(database), pgqrs::bgw::kRound); });
}
}
