// The session of a client as a runner (runner.hpp).
#pragma once

#include <cstdint>

#include "core/duration.hpp"
#include "pg/top_level.hpp"

namespace pgqrs::workflow {

// Executes runs of the current user's workflows until there has been none for so long; answers how many
// deliveries. While it waits it holds no snapshot and no lock.
std::int64_t run_workflows(pg::TopLevel& top, core::Duration timeout);

}  // namespace pgqrs::workflow
