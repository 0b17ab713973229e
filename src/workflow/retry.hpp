// Starting runs that have ended again: the same one, or a copy of it.
#pragma once

#include <cstdint>
#include <optional>

#include "core/rights.hpp"
#include "core/run.hpp"

namespace pgqrs::workflow {

struct Retry {
    std::int64_t run;
    // This step, and all that were begun after it, are forgotten.
    std::optional<core::StepKey> from = {};
    // Leaves alone what was cancelled or has timed out.
    bool only_failed = false;
    core::Rights rights = core::rights_for("retry_run");
};

// Has a run that has failed, timed out or was cancelled delivered again, with the same id and the steps that it
// has recorded, but for those that made it fail. Its failures and deliveries count anew; read_ct goes on. Answers
// whether it had ended. Raises PQ017 when there is no such run, PQ010 when it has succeeded.
bool retry_run(const Retry& retry);
// The same for one that has failed, as redrive() does it.
bool retry_failed_run(std::int64_t run, core::Rights rights);

// Starts a run with the input of another one, and with the steps that it recorded before `from`; all, if there
// is none. Answers its id. Raises PQ017, PQ010.
std::int64_t fork_run(std::int64_t run, const std::optional<core::StepKey>& from);

}  // namespace pgqrs::workflow
