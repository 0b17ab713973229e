// Finding dead workers.
#pragma once

#include <cstdint>

namespace pgqrs::queue {

// Makes each worker dead that was silent for longer than its lease, or whose session has ended if it is bound
// to one (engine/sessions.hpp), and answers their number. It writes
// no message: the leases of dead workers have ended (engine/dead_workers.hpp). It waits for nobody: a
// worker whose row or number somebody has locked is alive (presence.hpp). A sign of life that lies in the
// future, because the clock was set back, is set to now.
std::int64_t reap_workers();

struct Reaped {
    std::int64_t dead = 0;
    std::int64_t left = 0;  // somebody has them locked
};

// The same for those alone whose session has ended.
Reaped reap_ended_sessions();

}  // namespace pgqrs::queue
