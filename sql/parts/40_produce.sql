-- Producing.

CREATE FUNCTION pgqrs.enqueue(
    queue text,
    payload jsonb,
    delay interval DEFAULT '0',
    priority integer DEFAULT 5,
    headers jsonb DEFAULT NULL
) RETURNS bigint
    LANGUAGE c VOLATILE PARALLEL UNSAFE
    AS 'MODULE_PATHNAME', 'pgqrs_enqueue';
COMMENT ON FUNCTION pgqrs.enqueue(text, jsonb, interval, integer, jsonb) IS
'Adds a message and returns its id. It is delivered once this transaction has committed, delay
after this call at the earliest; never when it rolls back. priority: 0 (first) to 9. headers: a
JSON object. JSON null is a payload, SQL NULL raises PQ005, as does a payload over
pgqrs.max_payload_size. Raises PQ002, PQ010.';

CREATE FUNCTION pgqrs.enqueue_at(
    queue text,
    payload jsonb,
    at timestamptz,
    priority integer DEFAULT 5,
    headers jsonb DEFAULT NULL
) RETURNS bigint
    LANGUAGE c VOLATILE PARALLEL UNSAFE
    AS 'MODULE_PATHNAME', 'pgqrs_enqueue_at';
COMMENT ON FUNCTION pgqrs.enqueue_at(text, jsonb, timestamptz, integer, jsonb) IS
'As enqueue(), but the message is delivered at the given time at the earliest. Raises PQ010 when
that is infinite or before the start of this transaction.';

CREATE FUNCTION pgqrs.enqueue_batch(
    queue text,
    payloads jsonb[],
    delay interval DEFAULT '0',
    priority integer DEFAULT 5,
    headers jsonb[] DEFAULT NULL
) RETURNS SETOF bigint
    LANGUAGE c VOLATILE PARALLEL UNSAFE ROWS 100
    AS 'MODULE_PATHNAME', 'pgqrs_enqueue_batch';
COMMENT ON FUNCTION pgqrs.enqueue_batch(text, jsonb[], interval, integer, jsonb[]) IS
'Adds a message for each payload and returns their ids in the order of the payloads. headers:
NULL, or one element for each payload. All or nothing: one bad payload raises PQ005 naming its
position. At most pgqrs.max_batch_size payloads (PQ009). Otherwise as enqueue().';
