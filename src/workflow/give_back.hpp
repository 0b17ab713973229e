// How a delivery of a run ends without the end of the run, and how a run that waits is made available again.
//
// A run that waits for a time has that as its available_at, one that waits without a limit is parked
// (core/message.hpp). waiting_for says what it waits for, and stays until the next wait, so that the worker
// learns why it gets the run.
#pragma once

#include <cstdint>
#include <span>
#include <vector>

#include "core/instant.hpp"
#include "core/run.hpp"
#include "workflow/fence.hpp"

namespace pgqrs::workflow {

struct GivenBack {
    core::RunReason reason;
    core::Instant at;  // core::kNever: it is parked
    bool paused;       // a pause was asked for: the run waits for the end of that instead
};

// Ends the delivery of the run, which the caller holds by Hold::suspend or Hold::end. It counts against
// nothing; `attempt` is the number of failures from now on.
void give_back(const LiveRun& run, const GivenBack& how, std::int16_t attempt);

// Parks a run that no worker has until resume_run(). The caller has it locked.
void park_for_pause(const LiveRun& run);

// Makes a run available that is parked for a pause, or because no worker knew it; of others answers false. The
// caller has it locked. A delay of its start, or of another attempt, that lasts on is kept.
bool end_pause(const LiveRun& run);

// Makes runs of the queue available that wait, and that nobody has; the caller has them locked. Answers
// how many those are.
std::int64_t make_available(const engine::Access& queue, std::span<const std::int64_t> runs);

// The runs of a workflow that no worker knew.
void wake_those_without_handler(std::int32_t workflow, const engine::Access& queue);

}  // namespace pgqrs::workflow
