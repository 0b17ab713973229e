#include "workflow/duties.hpp"

#include <array>

#include "workflow/cascade.hpp"
#include "workflow/executed_queues.hpp"
#include "workflow/purge_runs.hpp"
#include "workflow/wake_rounds.hpp"

namespace pgqrs::workflow {
namespace {

// Runs whose retention is over.
constexpr std::int64_t kPurgedAtOnce = 1000;
queue::Batch purge(queue::Bookmark&) {
    const std::int64_t purged = purge_retained_runs(kPurgedAtOnce);
    return {.done = purged, .more = purged == kPurgedAtOnce};
}

constexpr std::array<queue::MaintenanceDuty, 4> kDuties = {
    {{"cascade", "cancelled children of runs that have ended", cancel_orphans},
     {"wakes", "looked at wakes of runs", drain_all_wakes},
     {"runners", "", announce_executed_queues},
     {"runs", "removed runs that ended long ago", purge}}};

}  // namespace

std::span<const queue::MaintenanceDuty> maintenance_duties() { return kDuties; }

}  // namespace pgqrs::workflow
