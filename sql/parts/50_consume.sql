-- Consuming.

CREATE FUNCTION pgqrs.dequeue(
    queue text,
    vt interval DEFAULT NULL,
    worker bigint DEFAULT NULL
) RETURNS SETOF pgqrs.message
    LANGUAGE c VOLATILE PARALLEL UNSAFE ROWS 1
    AS 'MODULE_PATHNAME', 'pgqrs_dequeue';
COMMENT ON FUNCTION pgqrs.dequeue(text, interval, bigint) IS
'Delivers the next message, or no row: lowest priority number first, then available_at, then id.
Nobody else gets it until its lease ends: vt from now, or the queue''s visibility_timeout. Then
it is delivered again. Finish it with archive(), delete() or release(), giving its read_ct.
worker: who gets it, from register_worker(). Never waits for another consumer. A paused queue
delivers nothing. Raises PQ002, PQ008, PQ010.';

CREATE FUNCTION pgqrs.dequeue_batch(
    queue text,
    qty integer,
    vt interval DEFAULT NULL,
    worker bigint DEFAULT NULL
) RETURNS SETOF pgqrs.message
    LANGUAGE c VOLATILE PARALLEL UNSAFE ROWS 100
    AS 'MODULE_PATHNAME', 'pgqrs_dequeue_batch';
COMMENT ON FUNCTION pgqrs.dequeue_batch(text, integer, interval, bigint) IS
'As dequeue(), for up to qty messages at once, in the order of delivery. At most
pgqrs.max_batch_size (PQ009).';

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
