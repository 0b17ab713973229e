#include "workflow/duties.hpp"

#include <array>

#include "workflow/cascade.hpp"
#include "workflow/wake_rounds.hpp"

namespace pgqrs::workflow {
namespace {

constexpr std::array<queue::MaintenanceDuty, 2> kDuties = {
    {{"cascade", "cancelled children of runs that have ended", cancel_orphans},
     {"wakes", "looked at wakes of runs", drain_all_wakes}}};

}  // namespace

std::span<const queue::MaintenanceDuty> maintenance_duties() { return kDuties; }

}  // namespace pgqrs::workflow
