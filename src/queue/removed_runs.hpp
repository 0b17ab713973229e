// What is to be done about runs of workflows that the engine takes out of their queue. Workflows are built on
// queues, so they say it when the library is loaded.
#pragma once

#include <functional>
#include <span>

#include "core/message.hpp"
#include "engine/table.hpp"

namespace pgqrs::queue {

// Writes how each of the runs, whose messages have just been removed, has ended.
using EndRuns = void (*)(const engine::Access& queue, std::span<const core::Message> removed,
                         const std::function<core::Outcome(const core::Message&)>& outcome_of);

void set_end_of_removed_runs(EndRuns end);
EndRuns end_of_removed_runs();

}  // namespace pgqrs::queue
