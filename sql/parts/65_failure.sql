-- Deliveries that fail, and messages that nobody wants any more.

CREATE FUNCTION pgqrs.fail(
    queue text,
    id bigint,
    error text,
    read_ct bigint DEFAULT NULL,
    retry boolean DEFAULT true,
    delay interval DEFAULT NULL
) RETURNS SETOF pgqrs.failed_message
    LANGUAGE c VOLATILE PARALLEL UNSAFE ROWS 1
    AS 'MODULE_PATHNAME', 'pgqrs_fail';
COMMENT ON FUNCTION pgqrs.fail(text, bigint, text, bigint, boolean, interval) IS
'Ends a delivery as failed, and returns one row that says what became of the message. It is delivered
again after the queue''s back-off (retrying). When it has failed max_attempts times, it is dead, and goes
to the queue''s dead_letter_queue or to the archive. A message that cancel() was called for goes to the
archive (cancelled). The result lost means that nothing was changed: the message is gone, has no lease,
or was delivered again since.
error: what went wrong. The last pgqrs.failures_kept texts of a message are kept, each cut to 10,000
bytes; list_failures() shows them.
read_ct: the read_ct of your delivery. NULL fails the message whoever has it.
retry: false makes the message dead at once.
delay: it is delivered again so long after the call, instead of the back-off.
Raises PQ002, PQ010.';

CREATE FUNCTION pgqrs.fail_batch(
    queue text,
    ids bigint[],
    errors text[],
    read_cts bigint[] DEFAULT NULL,
    retry boolean DEFAULT true,
    delay interval DEFAULT NULL
) RETURNS SETOF pgqrs.failed_message
    LANGUAGE c VOLATILE PARALLEL UNSAFE ROWS 100
    AS 'MODULE_PATHNAME', 'pgqrs_fail_batch';
COMMENT ON FUNCTION pgqrs.fail_batch(text, bigint[], text[], bigint[], boolean, interval) IS
'Does fail() for many messages, and returns a row for each id, in their order. When an id comes twice,
one of the two is lost.
errors: one for all, or one for each id.
read_cts: NULL, or one element for each id.
Raises PQ002, PQ009, PQ010.';

CREATE FUNCTION pgqrs.list_failures(queue text, id bigint) RETURNS SETOF pgqrs.failure
    LANGUAGE c STABLE PARALLEL UNSAFE ROWS 10
    AS 'MODULE_PATHNAME', 'pgqrs_list_failures';
COMMENT ON FUNCTION pgqrs.list_failures(text, bigint) IS
'Returns the failures of a message that are kept, the oldest first. The message is in the queue or its
archive, or has failed in the queue. They stay when it moves to a dead letter queue, to the archive and
back.
Raises PQ002, PQ010.';

CREATE FUNCTION pgqrs.cancel(queue text, ids bigint[])
    RETURNS TABLE (id bigint, result pgqrs.cancel_result)
    LANGUAGE c VOLATILE PARALLEL UNSAFE ROWS 100
    AS 'MODULE_PATHNAME', 'pgqrs_cancel';
COMMENT ON FUNCTION pgqrs.cancel(text, bigint[]) IS
'Cancels messages, and returns a row for each id, in their order. One that nobody has goes to the archive
with the outcome cancelled. One that is in flight is marked (requested): its worker can learn that from
heartbeat() or extend_batch(), it is not delivered again, and it leaves as cancelled however its worker
finishes it. Only delete() leaves no trace of it.
Raises PQ002, PQ009, PQ010.';
