-- Consuming.

CREATE FUNCTION pgqrs.dequeue(
    queue text,
    vt interval DEFAULT NULL,
    wait interval DEFAULT '0',
    worker bigint DEFAULT NULL
) RETURNS SETOF pgqrs.message
    LANGUAGE c VOLATILE PARALLEL UNSAFE ROWS 1
    AS 'MODULE_PATHNAME', 'pgqrs_dequeue';
COMMENT ON FUNCTION pgqrs.dequeue(text, interval, interval, bigint) IS
'Delivers the next message, or no row. The next message is the one with the lowest priority number,
then the earliest available_at, then the lowest id. Nobody else gets it until its lease ends; then
it is delivered again. Finish it with archive(), delete() or release(), and give its read_ct. A
dequeue never waits for another consumer to finish. A paused queue delivers nothing.
vt: the length of the lease. NULL means the visibility_timeout of the queue.
wait: how long to wait when there is no message, in READ COMMITTED, at most pgqrs.max_wait
(PQ009). The statement holds its snapshot while it waits; CALL pgqrs.wait() does not.
worker: the worker that gets the message, from register_worker().
Raises PQ002, PQ008, PQ009, PQ010.';

CREATE FUNCTION pgqrs.dequeue_batch(
    queue text,
    qty bigint,
    vt interval DEFAULT NULL,
    wait interval DEFAULT '0',
    worker bigint DEFAULT NULL
) RETURNS SETOF pgqrs.message
    LANGUAGE c VOLATILE PARALLEL UNSAFE ROWS 100
    AS 'MODULE_PATHNAME', 'pgqrs_dequeue_batch';
COMMENT ON FUNCTION pgqrs.dequeue_batch(text, bigint, interval, interval, bigint) IS
'Delivers up to qty messages at once, in the order of delivery. All else is as with dequeue().
qty: at most pgqrs.max_batch_size (PQ009).
wait: how long to wait until there is at least one message.
Raises PQ002, PQ008, PQ009, PQ010.';

CREATE PROCEDURE pgqrs.wait(queue text, timeout interval, INOUT ready boolean DEFAULT NULL)
    LANGUAGE c
    AS 'MODULE_PATHNAME', 'pgqrs_wait';
COMMENT ON PROCEDURE pgqrs.wait(text, interval, boolean) IS
'Waits until the queue has a message to deliver. It delivers nothing: call dequeue() next, which
finds nothing when another consumer was faster. It ends its transaction, so it must be called
outside of a transaction block, and in a pipeline not behind other statements (25001). While it
waits it holds no snapshot and no lock. A paused queue has nothing to deliver.
timeout: how long to wait.
ready: the answer. It is true when there is a message, and false when there is none after the
timeout. A client leaves it out. PL/pgSQL wants a boolean variable there, and calls it only in a DO
block or procedure that may end transactions.
Raises PQ002, also when the queue is dropped meanwhile, and PQ010.';

CREATE FUNCTION pgqrs.pop(queue text, qty bigint DEFAULT 1) RETURNS SETOF pgqrs.message
    LANGUAGE c VOLATILE PARALLEL UNSAFE ROWS 1
    AS 'MODULE_PATHNAME', 'pgqrs_pop';
COMMENT ON FUNCTION pgqrs.pop(text, bigint) IS
'Delivers up to qty messages and deletes them at once. Each is delivered at most once, and there is
nothing to finish. They are in the queue again when this transaction rolls back.
Raises PQ002, PQ009, PQ010.';

CREATE FUNCTION pgqrs.peek(queue text, qty bigint DEFAULT 1) RETURNS SETOF pgqrs.message
    LANGUAGE c VOLATILE PARALLEL UNSAFE ROWS 1
    AS 'MODULE_PATHNAME', 'pgqrs_peek';
COMMENT ON FUNCTION pgqrs.peek(text, bigint) IS
'Returns the next qty messages in the order of delivery, and does not deliver them. It also looks
into a paused queue. Another consumer may get them first.
Raises PQ002, PQ009, PQ010.';
