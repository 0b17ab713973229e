// The server processes that workers are bound to (register_worker with session => true).
//
// A process gets a random number with its first such worker, and keeps it in its seat in shared memory. The
// worker's row has the same number, so the worker is alive exactly as long as a seat has it. The number goes
// when the process ends, in whatever way: an exit takes it out of the seat, after the transaction and its
// locks have ended, and a crash ends all of shared memory. So after a restart, a crash or a promotion no
// worker of this kind is alive. With its end the process asks for a reaper (upkeep.hpp).
#pragma once

#include <cstdint>
#include <vector>

namespace pgqrs::engine {

// The number of this process. It needs shared memory.
std::int64_t own_session();

// Whether it is the number of this process, or of any that is there.
bool is_own_session(std::int64_t session) noexcept;
bool is_session_there(std::int64_t session) noexcept;

// All that are there.
std::vector<std::int64_t> sessions_there();

}  // namespace pgqrs::engine
