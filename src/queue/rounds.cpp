#include "queue/rounds.hpp"

#include "core/error.hpp"
#include "engine/clock.hpp"
#include "engine/settings.hpp"
#include "pg/subtransaction.hpp"
#include "pg/transaction.hpp"
#include "queue/maintenance.hpp"

namespace pgqrs::queue {
namespace {

// Of a consumer's time.
constexpr core::Duration kBudgetWhileWaiting = 20 * core::kMillisecond;

constinit core::Duration next_round = 0;  // of this process, by elapsed_clock()

// Whatever goes wrong is undone: the caller came for something else, and may lack the rights. Only a
// cancelled call stays cancelled.
bool try_batch(const MaintenanceDuty& duty, Batch& batch) {
    return pg::try_besides([&] {
        batch = run_batch(duty);
        return true;
    });
}

}  // namespace

std::int64_t maintain(core::Duration budget, const std::function<void()>& commit) {
    if (budget < 0) {
        throw core::Error(core::SqlState::invalid_argument, "budget must not be negative");
    }
    const core::Duration end = engine::elapsed_clock() + budget;
    std::int64_t done = 0;
    for (const MaintenanceDuty& duty : maintenance_duties()) {
        for (bool more = true; more;) {
            const Batch batch = run_batch(duty);
            commit();
            done += batch.done;
            more = batch.more && engine::elapsed_clock() < end;
        }
    }
    return done;
}

void maintain_if_due(const std::function<void()>& commit) {
    const core::Duration interval = engine::maintenance_interval();
    const core::Duration now = engine::elapsed_clock();
    if (interval == 0 || now < next_round || pg::is_in_recovery()) {
        return;
    }
    next_round = now + interval;
    for (const MaintenanceDuty& duty : maintenance_duties()) {
        Batch batch{.more = true};
        while (batch.more && engine::elapsed_clock() < now + kBudgetWhileWaiting) {
            if (!try_batch(duty, batch)) {
                return;
            }
            commit();
        }
    }
}

}  // namespace pgqrs::queue
