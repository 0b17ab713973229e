// Chains of runs: a run that goes on as a new one, so that its history does not grow without end.
//
// For others the chain is one run. Its idempotency key, the signals that nobody has consumed, a pause that was
// asked for, and the children that have not ended pass to the new run, in the transaction that ends the old one.
// The parent's wait follows by the first run of the chain (children.hpp).
#pragma once

#include <cstdint>
#include <optional>

#include "pg/call.hpp"

namespace pgqrs::workflow {

// Ends the run as succeeded, and answers the run of the same workflow that continues it. Nothing when
// cancel_run() came first: then it has ended as cancelled.
std::optional<std::int64_t> continue_as_new(std::int64_t run, std::int64_t read_ct,
                                            const std::optional<pg::Json>& input);

}  // namespace pgqrs::workflow
