// What is to be done about runs of workflows that the engine takes out of their queue, and to bring back those
// that have failed. Workflows are built on queues, so they say it when the library is loaded.
#pragma once

#include <cstdint>
#include <functional>
#include <span>

#include "core/message.hpp"
#include "core/rights.hpp"
#include "engine/table.hpp"

namespace pgqrs::queue {

// Writes how each of the runs, whose messages have just been removed, has ended.
using EndRuns = void (*)(const engine::Access& queue, std::span<const core::Message> removed,
                         const std::function<core::Outcome(const core::Message&)>& outcome_of);

void set_end_of_removed_runs(EndRuns end);
EndRuns end_of_removed_runs();

// Has a run that has failed delivered again, for a caller with one of these rights. Answers whether it had failed.
using RetryRun = bool (*)(std::int64_t run, core::Rights rights);

void set_retry_of_failed_runs(RetryRun retry);
RetryRun retry_of_failed_runs();

}  // namespace pgqrs::queue
