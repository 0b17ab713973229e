// The life of a worker, and when it has to give a sign of it.
//
//     ready --> polling          the first dequeue
//     ready, polling --> suspended --> ready
//     ready, polling, suspended --> stopped
//     ready, polling, suspended --> dead     silent for longer than its lease
#pragma once

#include <cstdint>
#include <string>
#include <string_view>

#include "core/duration.hpp"
#include "core/instant.hpp"

namespace pgqrs::core {

inline constexpr Duration kShortestWorkerLease = kSecond;
inline constexpr Duration kLongestWorkerLease = 366 * kDay;
inline constexpr Duration kDefaultWorkerLease = 60 * kSecond;

// The labels of the SQL type pgqrs.worker_state, in its order.
enum class WorkerState { ready, polling, suspended, stopped, dead };

std::string_view label_of(WorkerState state);
// Dead for a label that is none: nobody trusts such a worker.
WorkerState worker_state(std::string_view label);

constexpr bool is_alive(WorkerState state) {
    return state != WorkerState::stopped && state != WorkerState::dead;
}

// Whether a worker can go from one state to the other.
bool can_become(WorkerState from, WorkerState to);

// Raises worker_state when it cannot, and names both.
void check_change(std::int64_t worker, WorkerState from, WorkerState to);

// Whether a call that counts as a sign of life has to note it. A last one that lies in the future, because
// the clock was set back, counts as long ago.
bool is_heartbeat_due(Instant last, Duration lease, Instant now);

// Raises invalid_argument unless the lease of a worker is within its limits.
void check_worker_lease(Duration lease);

}  // namespace pgqrs::core
