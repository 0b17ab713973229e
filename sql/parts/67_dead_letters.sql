-- Messages that were given up: looking at them, sending them back, throwing them away.

CREATE FUNCTION pgqrs.list_dead(queue text, after_id bigint DEFAULT 0, qty bigint DEFAULT 100)
    RETURNS SETOF pgqrs.dead_letter
    LANGUAGE c STABLE PARALLEL UNSAFE ROWS 100
    AS 'MODULE_PATHNAME', 'pgqrs_list_dead';
COMMENT ON FUNCTION pgqrs.list_dead(text, bigint, bigint) IS
'Returns up to qty dead messages by id: those that died in the queue and are in its dead letter queue or
in the archive, and those that came to the queue as a dead letter queue. Of a queue of runs: the runs that have
failed, with their inputs as payloads.
after_id: start after this id. The next page starts after the last id of this one.
Raises PQ002, PQ009, PQ010.';

CREATE FUNCTION pgqrs.redrive(
    queue text,
    ids bigint[] DEFAULT NULL,
    target text DEFAULT NULL,
    qty bigint DEFAULT NULL
) RETURNS bigint
    LANGUAGE c VOLATILE PARALLEL UNSAFE
    AS 'MODULE_PATHNAME', 'pgqrs_redrive';
COMMENT ON FUNCTION pgqrs.redrive(text, bigint[], text, bigint) IS
'Sends the messages that list_dead() shows back to the queues that they died in, and returns how many it
sent. Their failures and deliveries count anew, they do not expire, and their history stays. Messages
that a consumer of a dead letter queue has at the moment stay there, and so do those whose queue is gone.
Runs that have failed are started again as by retry_run().
ids: NULL means all.
target: the queue that all of them go to instead.
qty: at most this many, those with the lowest ids first. NULL means that there is no limit.
Raises PQ002, PQ009, PQ010.';

CREATE FUNCTION pgqrs.discard(queue text, ids bigint[]) RETURNS bigint
    LANGUAGE c VOLATILE PARALLEL UNSAFE
    AS 'MODULE_PATHNAME', 'pgqrs_discard';
COMMENT ON FUNCTION pgqrs.discard(text, bigint[]) IS
'Deletes dead messages for good, and returns how many. They are those that list_dead() shows, but for those
that a consumer of a dead letter queue has at the moment.
Raises PQ002, PQ009, PQ010.';
