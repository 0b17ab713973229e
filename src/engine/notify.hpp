// NOTIFY for queues that ask for it, without making commits wait for each other: a transaction only
// leaves a notice in shared memory when it commits, and a background worker of the database, started
// when there is need and gone soon after, sends one NOTIFY for all notices of a queue it finds
// (notifier.hpp). Without shared memory, or a worker, PostgreSQL sends NOTIFY with the commit.
#pragma once

#include <string_view>

#include "engine/marks.hpp"

namespace pgqrs::engine {

// Has shared memory for it. `start_notifier` has PostgreSQL start the worker of a database, and answers
// whether that will be; it may raise and owns nothing with a destructor. Call while preloading.
void share_notices(bool (*start_notifier)(Oid database));

// Prepares for leave_notice() at the end of the transaction; the worker runs from then on. False
// without shared memory, or when no worker can be started: notify_at_commit() is left then.
bool promise_notice(QueueMarks& queue, std::string_view name);

// Call when the transaction has committed. Never raises.
void leave_notice(QueueMarks& queue) noexcept;
// Call when the transaction has ended, after all leave_notice(). Never raises.
void end_promises() noexcept;

// Has PostgreSQL send NOTIFY on the queue's channel at commit.
void notify_at_commit(std::string_view name);

// Call when the database has been dropped. Never raises.
void forget_notices_of_database(Oid database) noexcept;

}  // namespace pgqrs::engine
