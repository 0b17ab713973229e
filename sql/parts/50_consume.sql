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
'Delivers the next message, or no row: lowest priority number first, then available_at, then id.
Nobody else gets it until its lease ends: vt from now, or the queue''s visibility_timeout. Then
it is delivered again. Finish it with archive(), delete() or release(), giving its read_ct.
wait: how long to wait for a message when there is none, in READ COMMITTED, at most pgqrs.max_wait
(PQ009); meanwhile the statement holds its snapshot, which wait() does not. worker: who gets it,
from register_worker(). Never waits for another consumer to finish. A paused queue delivers nothing.
Raises PQ002, PQ008, PQ010.';

CREATE FUNCTION pgqrs.dequeue_batch(
    queue text,
    qty integer,
    vt interval DEFAULT NULL,
    wait interval DEFAULT '0',
    worker bigint DEFAULT NULL
) RETURNS SETOF pgqrs.message
    LANGUAGE c VOLATILE PARALLEL UNSAFE ROWS 100
    AS 'MODULE_PATHNAME', 'pgqrs_dequeue_batch';
COMMENT ON FUNCTION pgqrs.dequeue_batch(text, integer, interval, interval, bigint) IS
'As dequeue(), for up to qty messages at once, in the order of delivery. wait: until there is at
least one. At most pgqrs.max_batch_size (PQ009).';

CREATE PROCEDURE pgqrs.wait(queue text, timeout interval, INOUT ready boolean DEFAULT NULL)
    LANGUAGE c
    AS 'MODULE_PATHNAME', 'pgqrs_wait';
COMMENT ON PROCEDURE pgqrs.wait(text, interval, boolean) IS
'Waits until the queue has a message to deliver: ready is true then, and false when there is none
after the timeout. Delivers nothing: call dequeue() next, which finds nothing when another consumer
was faster. Ends its transaction, so call it outside of a transaction block (25001); while it waits
it holds no snapshot and no lock. A paused queue has nothing to deliver. Raises PQ002, also when the
queue is dropped meanwhile, and PQ010.';

CREATE FUNCTION pgqrs.pop(queue text, qty integer DEFAULT 1) RETURNS SETOF pgqrs.message
    LANGUAGE c VOLATILE PARALLEL UNSAFE ROWS 1
    AS 'MODULE_PATHNAME', 'pgqrs_pop';
COMMENT ON FUNCTION pgqrs.pop(text, integer) IS
'Delivers up to qty messages and deletes them at once: at most once, nothing to finish. When this
transaction rolls back they are in the queue again. Raises PQ002, PQ009, PQ010.';

CREATE FUNCTION pgqrs.peek(queue text, qty integer DEFAULT 1) RETURNS SETOF pgqrs.message
    LANGUAGE c VOLATILE PARALLEL UNSAFE ROWS 1
    AS 'MODULE_PATHNAME', 'pgqrs_peek';
COMMENT ON FUNCTION pgqrs.peek(text, integer) IS
'The next qty messages in the order of delivery, without delivering them; also of a paused queue.
Another consumer may get them first. Raises PQ002, PQ009, PQ010.';
