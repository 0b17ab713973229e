// What maintenance does for workflows.
#pragma once

#include <span>

#include "queue/maintenance.hpp"

namespace pgqrs::workflow {

// For queue::add_maintenance_duties(); pgqrs.maintenance has a row for each.
std::span<const queue::MaintenanceDuty> maintenance_duties();

}  // namespace pgqrs::workflow
