// The rows of pgqrs.archive.
#pragma once

#include <functional>

#include "core/instant.hpp"
#include "core/message.hpp"
#include "engine/change.hpp"

namespace pgqrs::queue {

// Runs below a guard, too, and must not throw.
using OutcomeOf = std::function<core::Outcome(const core::Message& message)>;

// Adds messages of a queue, which had all of their values kept, with the outcome of each, at a point in
// time. `failures` of each are not counted in its row yet.
void add_to_archive(engine::QueueMarks& queue, const engine::Access& access,
                    const engine::RemovedRows& messages, core::Instant now,
                    const OutcomeOf& outcome_of, std::int16_t failures = 0);

}  // namespace pgqrs::queue
