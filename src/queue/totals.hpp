// Recording how many messages left no row behind, for the totals in the metrics.
#pragma once

#include <cstdint>

#include "engine/marks.hpp"
#include "engine/table.hpp"

namespace pgqrs::queue {

struct Departures {
    std::int64_t finished = 0;   // deleted, popped, or taken from the archive
    std::int64_t discarded = 0;  // purged from the queue, or moved to another one
};

// Adds to the counts of a queue, which the caller holds. Runs inside with_spi() or outside.
void record_departures(engine::QueueMarks& queue, const engine::Access& access,
                       const Departures& departures);

// Replaces rows of the queue by their sum, as many as one call may; answers how many.
std::int64_t sum_up_departures_of(std::int32_t queue);

// Whether rows are being replaced by their sum, which changes no count.
bool is_summing_up();

}  // namespace pgqrs::queue
