// Cancelling the children of runs that have ended.
//
// The end of a run that has such children leaves a request of the kind cascade (finish.cpp), for they can be many,
// and be locked by others. Maintenance goes through the requests, and cancels the children a few at a time. A
// child that a worker has is asked to end, as by cancel_run(). The children of children follow by their own
// requests. A request is done when each child has ended or is asked to: no child is born to a run that has ended.
#pragma once

#include "queue/maintenance.hpp"

namespace pgqrs::workflow {

// A duty of maintenance. It waits for nobody: a child that somebody else has locked is left to the next round.
queue::Batch cancel_orphans(queue::Bookmark& bookmark);

}  // namespace pgqrs::workflow
