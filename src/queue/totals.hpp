// Recording how many messages left no row behind, for the totals in the metrics.
#pragma once

#include <cstdint>

namespace pgqrs::queue {

// Adds to the counts of a queue; the caller holds the queue (queue_registry.hpp). Runs inside
// with_spi() or outside.
void record_departures(std::int32_t queue_id, std::int64_t finished, std::int64_t discarded);

// Whether rows are being replaced by their sum, which changes no count.
bool is_summing_up();

}  // namespace pgqrs::queue
