-- Finishing. With read_ct, the one the delivery came with, a call by somebody whose lease ran out
-- and whose message went to another consumer changes nothing and answers false.

CREATE FUNCTION pgqrs.archive(queue text, id bigint, read_ct integer DEFAULT NULL) RETURNS boolean
    LANGUAGE c VOLATILE PARALLEL UNSAFE
    AS 'MODULE_PATHNAME', 'pgqrs_archive';
COMMENT ON FUNCTION pgqrs.archive(text, bigint, integer) IS
'Moves a message to the archive, outcome done. True if this call did it: false when the message
is gone, or was delivered again since the delivery numbered read_ct. Raises PQ002.';

CREATE FUNCTION pgqrs.delete(queue text, id bigint, read_ct integer DEFAULT NULL) RETURNS boolean
    LANGUAGE c VOLATILE PARALLEL UNSAFE
    AS 'MODULE_PATHNAME', 'pgqrs_delete';
COMMENT ON FUNCTION pgqrs.delete(text, bigint, integer) IS
'Removes a message without keeping it. True if this call did it, as archive(). Raises PQ002.';

CREATE FUNCTION pgqrs.release(
    queue text,
    id bigint,
    delay interval DEFAULT '0',
    read_ct integer DEFAULT NULL
) RETURNS boolean
    LANGUAGE c VOLATILE PARALLEL UNSAFE
    AS 'MODULE_PATHNAME', 'pgqrs_release';
COMMENT ON FUNCTION pgqrs.release(text, bigint, interval, integer) IS
'Gives a message back: it can be delivered at once, in its old place, or after delay. Its read_ct
stays as it is, so one that has reached max_deliveries is not delivered again. True if this call
did it, as archive(). Raises PQ002, PQ010.';

CREATE FUNCTION pgqrs.extend_visibility(
    queue text,
    id bigint,
    by interval,
    read_ct integer DEFAULT NULL
) RETURNS boolean
    LANGUAGE c VOLATILE PARALLEL UNSAFE
    AS 'MODULE_PATHNAME', 'pgqrs_extend_visibility';
COMMENT ON FUNCTION pgqrs.extend_visibility(text, bigint, interval, integer) IS
'Makes the lease of a delivered message end by from now. An expired lease comes back to life.
Give read_ct, or the lease of whoever took the message over is extended. True if this call did
it: false when the message is gone, has no lease, or was delivered again since the delivery
numbered read_ct. Raises PQ002, PQ010.';

CREATE FUNCTION pgqrs.archive_batch(
    queue text,
    ids bigint[],
    read_cts integer[] DEFAULT NULL
) RETURNS TABLE (id bigint, done boolean)
    LANGUAGE c VOLATILE PARALLEL UNSAFE ROWS 100
    AS 'MODULE_PATHNAME', 'pgqrs_archive_batch';
COMMENT ON FUNCTION pgqrs.archive_batch(text, bigint[], integer[]) IS
'archive() for many: a row for each id, in their order. read_cts: NULL, or one element for each
id. Of an id that comes twice, only one can be done. Raises PQ002, PQ009, PQ010.';

CREATE FUNCTION pgqrs.delete_batch(
    queue text,
    ids bigint[],
    read_cts integer[] DEFAULT NULL
) RETURNS TABLE (id bigint, done boolean)
    LANGUAGE c VOLATILE PARALLEL UNSAFE ROWS 100
    AS 'MODULE_PATHNAME', 'pgqrs_delete_batch';
COMMENT ON FUNCTION pgqrs.delete_batch(text, bigint[], integer[]) IS
    'delete() for many, as archive_batch().';

CREATE FUNCTION pgqrs.release_batch(
    queue text,
    ids bigint[],
    delay interval DEFAULT '0',
    read_cts integer[] DEFAULT NULL
) RETURNS TABLE (id bigint, done boolean)
    LANGUAGE c VOLATILE PARALLEL UNSAFE ROWS 100
    AS 'MODULE_PATHNAME', 'pgqrs_release_batch';
COMMENT ON FUNCTION pgqrs.release_batch(text, bigint[], interval, integer[]) IS
    'release() for many, as archive_batch().';
