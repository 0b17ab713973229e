// The queues whose runs the server executes: telling the pool of runners about them.
#pragma once

#include "queue/maintenance.hpp"
#include "workflow/workflow_cache.hpp"

namespace pgqrs::workflow {

// The duty of maintenance that says which queues the server executes, and when their owners want a runner: after
// a start of the server nobody else does.
queue::Batch announce_executed_queues(queue::Bookmark& bookmark);

// Whoever starts a run of the workflow says the same about its queue, so that the end of the transaction wants a
// runner.
void announce_executed(const Workflow& workflow);

}  // namespace pgqrs::workflow
