// The rows of pgqrs.archive.
#pragma once

#include "core/instant.hpp"
#include "engine/change.hpp"

namespace pgqrs::queue {

// Adds messages of a queue, which had all of their values kept, as done at a point in time.
void add_to_archive(engine::QueueMarks& queue, const engine::Access& access,
                    const engine::RemovedRows& messages, core::Instant now);

}  // namespace pgqrs::queue
