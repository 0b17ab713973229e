// The duty of maintenance that removes workers which have been dead or stopped for pgqrs.workers_kept.
//
// The row of a dead worker must not go while a message has its lease: the lease would count again. So the
// duty first goes through all messages by id, in batches, and ends the leases of the workers that died
// before the bookmark's cutoff. When it has come to the end, no message has one of them, and the rows
// go. A worker that becomes old enough meanwhile is for the next time.
#pragma once

#include "queue/maintenance.hpp"

namespace pgqrs::queue {

// At a message that somebody has locked the batch ends, and the next one begins with it.
Batch purge_old_workers(Bookmark& bookmark);

}  // namespace pgqrs::queue
