// Removing runs that have ended, with all that belongs to them.
//
// Three kinds stay: children of a run that has not ended, for it may ask for them; runs whose idempotency key
// still counts; and runs whose children are still to be cancelled.
#pragma once

#include <cstdint>
#include <optional>
#include <string_view>

#include "core/duration.hpp"

namespace pgqrs::workflow {

struct PurgeTerms {
    std::string_view workflow;
    core::Duration older_than = 0;         // since their end
    std::optional<std::int64_t> quantity;  // none: all
};

// Both answer how many. They leave alone what somebody else has locked.
std::int64_t purge_runs(const PurgeTerms& terms);
// As the retention of the workflows says, at most `limit`. For maintenance: it asks for no right.
std::int64_t purge_retained_runs(std::int64_t limit);

}  // namespace pgqrs::workflow
