// pgqrs's own errors by name, for a switch. Error::code() says which of them an error is.
//
// A number is that of the SQLSTATE and never changes: 1 is PQ001. Later versions add codes, so a switch has a default.
//
// Threads: plain values.
// ABI: numbers stay for ever; minor versions add some.
#pragma once

namespace pgqrs {

enum class ErrorCode {
    lease_lost = 1,           // the lease ran out and the message was delivered anew, or is gone
    queue_not_found = 2,      // no queue of that name
    queue_exists = 3,         // there is a queue of that name
    invalid_name = 4,         // no queue or worker can have that name
    payload_rejected = 5,     // payload or headers are null, too large or of the wrong shape
    rate_limited = 6,         // messages come too fast: Error::retry_after() says when
    queue_paused = 7,         // reserved
    worker_not_found = 8,     // the worker is not registered, or not for this queue
    limit_exceeded = 9,       // more items in one call than pgqrs.max_batch_size
    invalid_argument = 10,    // an argument is null, negative, not finite or out of range
    queue_not_empty = 11,     // the queue still holds messages
    queue_full = 12,          // the queue would hold more messages than its max_messages
    duplicate = 13,           // the idempotency key was used before
    worker_state = 14,        // the worker cannot go from its state to the one asked for
    workflow_not_found = 15,  // no workflow of that name
    workflow_exists = 16,     // there is a workflow of that name
    run_not_found = 17,       // no run with that id
    step_mismatch = 18,       // the step was recorded as another kind, or with another input
    step_recorded = 19,       // the step was recorded before
    step_in_doubt = 20,       // a step that must not be repeated was begun and not recorded
    key_mismatch = 21,        // the idempotency key was used with another input
    run_cancelled = 22,       // the run is to be cancelled
    wrong_queue = 23,         // the call is for messages, and the queue holds runs, or the reverse
    steps_open = 24,          // a transaction that records a step of the run is open
    step_failed = 25,         // a step that the server executes has failed for good
};

}  // namespace pgqrs
