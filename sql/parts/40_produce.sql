-- Producing.

CREATE FUNCTION pgqrs.enqueue(
    queue text,
    payload jsonb,
    delay interval DEFAULT '0',
    priority bigint DEFAULT 5,
    headers jsonb DEFAULT NULL
) RETURNS bigint
    LANGUAGE c VOLATILE PARALLEL UNSAFE
    AS 'MODULE_PATHNAME', 'pgqrs_enqueue';
COMMENT ON FUNCTION pgqrs.enqueue(text, jsonb, interval, bigint, jsonb) IS
'Adds a message and returns its id. Consumers can get it once this transaction has committed. They
never get it when the transaction rolls back.
payload: any JSON value up to pgqrs.max_payload_size. JSON null is a payload. SQL NULL and a
larger payload raise PQ005.
delay: the message can be delivered this long after the call, at most pgqrs.max_delay. Months,
days and years are those of the calendar in the session''s time zone.
priority: 0 is delivered first, 9 last.
headers: a JSON object about the payload.
A queue can have limits, see create_queue(): it raises PQ012 when it is full, PQ006 when messages come too
fast, and PQ005 for a payload that breaks a rule.
Raises PQ002, PQ005, PQ006, PQ010, PQ012.';

CREATE FUNCTION pgqrs.enqueue_at(
    queue text,
    payload jsonb,
    at timestamptz,
    priority bigint DEFAULT 5,
    headers jsonb DEFAULT NULL
) RETURNS bigint
    LANGUAGE c VOLATILE PARALLEL UNSAFE
    AS 'MODULE_PATHNAME', 'pgqrs_enqueue_at';
COMMENT ON FUNCTION pgqrs.enqueue_at(text, jsonb, timestamptz, bigint, jsonb) IS
'Adds a message that can be delivered from a given time on, and returns its id. All else is as with
enqueue().
at: a time before the start of this transaction, an infinite one and one further away than
pgqrs.max_delay raise PQ010.
Raises PQ002, PQ005, PQ006, PQ010, PQ012.';

CREATE FUNCTION pgqrs.enqueue_batch(
    queue text,
    payloads jsonb[],
    delay interval DEFAULT '0',
    priority bigint DEFAULT 5,
    headers jsonb[] DEFAULT NULL
) RETURNS SETOF bigint
    LANGUAGE c VOLATILE PARALLEL UNSAFE ROWS 100
    AS 'MODULE_PATHNAME', 'pgqrs_enqueue_batch';
COMMENT ON FUNCTION pgqrs.enqueue_batch(text, jsonb[], interval, bigint, jsonb[]) IS
'Adds a message for each payload and returns their ids in the order of the payloads. It adds all or
none. All else is as with enqueue().
payloads: at most pgqrs.max_batch_size; more raise PQ009. One bad payload raises PQ005, and the
error names its position.
headers: NULL, or one element for each payload.
Raises PQ002, PQ005, PQ006, PQ009, PQ010, PQ012.';

CREATE FUNCTION pgqrs.enqueue_job(
    queue text,
    payload jsonb,
    delay interval DEFAULT '0',
    priority bigint DEFAULT 5,
    headers jsonb DEFAULT NULL,
    max_attempts bigint DEFAULT NULL,
    expires_after interval DEFAULT NULL
) RETURNS TABLE (id bigint, created boolean)
    LANGUAGE c VOLATILE PARALLEL UNSAFE ROWS 1
    AS 'MODULE_PATHNAME', 'pgqrs_enqueue_job';
COMMENT ON FUNCTION pgqrs.enqueue_job(text, jsonb, interval, bigint, jsonb, bigint, interval) IS
'Adds a message with settings of its own, and returns its id. created is true. All else is as with
enqueue().
max_attempts: as with create_queue(), for this message alone. NULL means that of the queue.
expires_after: a message that is still waiting so long after the call leaves with the outcome expired,
at least 1 ms. NULL means what the queue says. Months and years are those of the calendar.
Raises PQ002, PQ005, PQ006, PQ010, PQ012.';
