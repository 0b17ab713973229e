// Whose leases have ended because their worker is dead.
//
// Reaping a worker writes no message: its row says that it is dead, and from then on its leases count as
// ended. So everybody who looks at leases has to know the dead workers of the queue. They are part of
// what a backend knows of a queue (queue_cache.hpp), and are announced in the same way.
#pragma once

#include <cstdint>
#include <memory>
#include <vector>

namespace pgqrs::engine {

// Sorted ids; null when there are none.
using DeadWorkers = std::shared_ptr<const std::vector<std::int64_t>>;

// The dead workers of a queue, as committed by now. Needs no privilege: it says nothing to the caller but
// when leases end.
DeadWorkers find_dead_workers(std::int32_t queue_id);

}  // namespace pgqrs::engine
