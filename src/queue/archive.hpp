// The rows of pgqrs.archive.
#pragma once

#include "engine/clock.hpp"
#include "engine/change.hpp"

namespace pgqrs::queue {

// Adds messages of a queue, which had all of their values kept, as done at a point in time.
void add_to_archive(std::int32_t queue_id, const engine::RemovedMessages& messages,
                    engine::Timestamp now);

}  // namespace pgqrs::queue
