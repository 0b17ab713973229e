// NOTIFY for queues that ask for it, without making commits wait for each other: a transaction only
// leaves a notice in shared memory when it commits, and a background worker of the database, started
// when there is need and gone soon after, sends one NOTIFY for all notices of a queue it finds.
#pragma once

#include <string_view>

#include "engine/marks.hpp"

namespace pgqrs::engine {

// Has shared memory for it. Call when the library is loaded by the starting server.
void request_notices();

// Prepares for leave_notice() at the end of the transaction; the worker runs from then on. False
// without shared memory, or when no worker can be started: notify_at_commit() is left then.
bool promise_notice(QueueMarks& queue, std::string_view name);

// Call when the transaction has committed. Never raises.
void leave_notice(QueueMarks& queue) noexcept;
// Call when the transaction has ended, after all leave_notice(). Never raises.
void end_promises() noexcept;

// Has PostgreSQL send NOTIFY on the queue's channel at commit.
void notify_at_commit(std::string_view name);

// What the worker does; returns when nothing has been to do for a while.
void send_notices();

}  // namespace pgqrs::engine
