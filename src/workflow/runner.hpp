// Executing runs inside the server: claiming them as any worker does, and calling the procedures that are the
// handlers of their workflows.
//
//   claimed --- no such procedure ------------------------> given back: waits for a handler
//      | "the attempt has begun" is committed
//      |
//   procedure called --- returns --------------------------> succeeded, in the transaction of its end
//      |      |    \--- waits, or leaves otherwise ---------> nothing more: its delivery has ended
//      |      \-------- raises an error -------------------> a failure of the run
//      |
//   process ended: the next one that gets the run finds that the attempt has begun, and counts a failure
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "core/duration.hpp"
#include "pg/top_level.hpp"

namespace pgqrs::workflow {

struct ServedQueue {
    std::int32_t id;
    std::string name;
};
// The queues whose runs the current user executes: all their workflows have handlers and are his, and they are not
// paused. Inside a transaction.
std::vector<ServedQueue> served_queues();

// How a runner holds its runs: as a worker that is bound to its session, or by the leases of the queues.
struct RunnerLease {
    std::optional<std::int64_t> worker = {};
    std::optional<core::Duration> length = {};
};

// Takes a run of the queue and executes it; false when there is none. An error of the procedure is noted as a
// failure of the run, but for a conflict with other transactions: then it is called again at once. Throws
// pg::FailedAgain when nothing can be taken, or the call was cancelled: then the run was given back.
bool execute_next(pg::TopLevel& top, const std::string& queue, const RunnerLease& lease);

// Gives the run that this process executes back, for the process is about to end. In a transaction of its own.
void give_back_executed_run();

}  // namespace pgqrs::workflow
