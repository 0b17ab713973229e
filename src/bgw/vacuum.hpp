// The background worker that vacuums the tables that autovacuum is late for (queue/dead_rows.hpp). The worker
// that maintains the queues of a database starts it when there is such a table, since a vacuum can take
// long. It vacuums one table after the other, and ends.
//
// It gives way as a worker of autovacuum does: whoever waits for a lock on the table has the vacuum cancelled
// after deadlock_timeout, and DROP DATABASE ends it at once. So does the end of the server.
#pragma once

#include "bgw/worker.hpp"

namespace pgqrs::bgw {

// The duty of the worker that maintains a database.
Turn start_vacuum_if_late();

}  // namespace pgqrs::bgw
