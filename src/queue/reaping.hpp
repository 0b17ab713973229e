// Finding dead workers.
#pragma once

#include <cstdint>

namespace pgqrs::queue {

// Makes each worker dead that was silent for longer than its lease, and answers their number. It writes
// no message: the leases of dead workers have ended (engine/dead_workers.hpp). It waits for nobody: a
// worker whose row or number somebody has locked is alive (presence.hpp). A sign of life that lies in the
// future, because the clock was set back, is set to now.
std::int64_t reap_workers();

}  // namespace pgqrs::queue
