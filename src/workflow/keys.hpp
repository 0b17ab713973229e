// Idempotency keys: the table pgqrs.keys.
//
// A unique index keeps a key once. Whoever meets an existing one looks whether it still counts, and takes
// over one that does not. So the end of a run writes nothing here.
#pragma once

#include <cstdint>
#include <optional>
#include <string_view>

#include "core/run.hpp"
#include "pg/call.hpp"
#include "workflow/workflow_cache.hpp"

namespace pgqrs::workflow {

struct RunKey {
    std::string_view key;
    core::KeyScope scope;
    std::optional<core::Span> period;  // with the scope of that name
};

// Raises PQ010 for a key that cannot be one, a period without that scope, or the scope without one.
void check_key(const RunKey& key);

// Gives the key to the run, unless another run has it: then answers that one. Waits for a transaction that is
// just giving it to one. Raises PQ021 when the other run has another input. Inside with_spi(); the caller holds
// the workflow.
std::optional<std::int64_t> take_key(const Workflow& workflow, const RunKey& key, std::int64_t run,
                                     const pg::Value& input);

// Has a run that is going to start again keep its key, if it has one. Raises PQ013 when another run has it by now,
// for which it counts. Inside with_spi(); before the run is changed.
void keep_key(const engine::Access& queue, std::int64_t run);

}  // namespace pgqrs::workflow
