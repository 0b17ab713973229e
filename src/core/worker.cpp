#include "core/worker.hpp"

#include <algorithm>
#include <array>

#include "core/error.hpp"

namespace pgqrs::core {
namespace {

constexpr std::array<std::string_view, 5> kLabels = {"ready", "polling", "suspended", "stopped",
                                                     "dead"};
// One sign of life may get lost, and another be late.
constexpr int kHeartbeatsPerLease = 3;

}  // namespace

std::string_view label_of(WorkerState state) { return kLabels[static_cast<std::size_t>(state)]; }

WorkerState worker_state(std::string_view label) {
    const auto found = std::find(kLabels.begin(), kLabels.end(), label);
    return found == kLabels.end() ? WorkerState::dead
                                  : static_cast<WorkerState>(found - kLabels.begin());
}

bool can_become(WorkerState from, WorkerState to) {
    switch (to) {
        case WorkerState::ready:
            return from == WorkerState::suspended;
        case WorkerState::polling:
            return from == WorkerState::ready;
        case WorkerState::suspended:
            return from == WorkerState::ready || from == WorkerState::polling;
        case WorkerState::stopped:
        case WorkerState::dead:
            return is_alive(from);
    }
    return false;
}

void check_change(std::int64_t worker, WorkerState from, WorkerState to) {
    if (!can_become(from, to)) {
        throw Error(SqlState::worker_state, "worker " + std::to_string(worker) +
                                                " cannot go from state \"" +
                                                std::string(label_of(from)) + "\" to \"" +
                                                std::string(label_of(to)) + "\"");
    }
}

bool is_heartbeat_due(Instant last, Duration lease, Instant now) {
    const Duration apart = last > now ? last - now : now - last;
    return apart >= lease / kHeartbeatsPerLease;
}

void check_worker_lease(Duration lease) {
    if (lease < kShortestWorkerLease || lease > kLongestWorkerLease) {
        throw Error(SqlState::invalid_argument,
                    "lease must be from 1 second to 366 days: " + describe(lease));
    }
}

}  // namespace pgqrs::core
