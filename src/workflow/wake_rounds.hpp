// Waking runs of queues from which nobody claims.
#pragma once

#include "queue/maintenance.hpp"

namespace pgqrs::workflow {

// A duty of maintenance: drains wakes of a few queues at a time (wakes.hpp). It waits for nobody.
queue::Batch drain_all_wakes(queue::Bookmark& bookmark);

}  // namespace pgqrs::workflow
