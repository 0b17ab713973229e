-- Looking at messages, the archive, metrics and the installation.

CREATE FUNCTION pgqrs.get_message(queue text, id bigint) RETURNS SETOF pgqrs.message
    LANGUAGE c STABLE PARALLEL UNSAFE ROWS 1
    AS 'MODULE_PATHNAME', 'pgqrs_get_message';
COMMENT ON FUNCTION pgqrs.get_message(text, bigint) IS
    'One message of a queue, or no row. Raises PQ002.';

CREATE FUNCTION pgqrs.list_messages(
    queue text,
    after_id bigint DEFAULT 0,
    qty integer DEFAULT 100
) RETURNS SETOF pgqrs.message
    LANGUAGE c STABLE PARALLEL UNSAFE ROWS 100
    AS 'MODULE_PATHNAME', 'pgqrs_list_messages';
COMMENT ON FUNCTION pgqrs.list_messages(text, bigint, integer) IS
'Up to qty messages of a queue by id, after after_id: the next page starts after the last id.
Raises PQ002, PQ009, PQ010.';

CREATE FUNCTION pgqrs.count_messages(queue text DEFAULT NULL) RETURNS bigint
    LANGUAGE c STABLE PARALLEL UNSAFE
    AS 'MODULE_PATHNAME', 'pgqrs_count_messages';
COMMENT ON FUNCTION pgqrs.count_messages(text) IS
    'The number of messages in a queue, or in all queues when NULL. Raises PQ002.';

CREATE FUNCTION pgqrs.get_archived(queue text, id bigint) RETURNS SETOF pgqrs.archived_message
    LANGUAGE c STABLE PARALLEL UNSAFE ROWS 1
    AS 'MODULE_PATHNAME', 'pgqrs_get_archived';
COMMENT ON FUNCTION pgqrs.get_archived(text, bigint) IS
    'One archived message of a queue, or no row. Raises PQ002.';

CREATE FUNCTION pgqrs.list_archive(
    queue text,
    after_id bigint DEFAULT 0,
    qty integer DEFAULT 100
) RETURNS SETOF pgqrs.archived_message
    LANGUAGE c STABLE PARALLEL UNSAFE ROWS 100
    AS 'MODULE_PATHNAME', 'pgqrs_list_archive';
COMMENT ON FUNCTION pgqrs.list_archive(text, bigint, integer) IS
'Up to qty archived messages of a queue by id, after after_id. Raises PQ002, PQ009, PQ010.';

CREATE FUNCTION pgqrs.count_archive(queue text DEFAULT NULL) RETURNS bigint
    LANGUAGE c STABLE PARALLEL UNSAFE
    AS 'MODULE_PATHNAME', 'pgqrs_count_archive';
COMMENT ON FUNCTION pgqrs.count_archive(text) IS
    'The number of archived messages of a queue, or of all queues when NULL. Raises PQ002.';

CREATE FUNCTION pgqrs.queue_metrics(queue text, exact boolean DEFAULT false) RETURNS pgqrs.metrics
    LANGUAGE c VOLATILE PARALLEL UNSAFE
    AS 'MODULE_PATHNAME', 'pgqrs_queue_metrics';
COMMENT ON FUNCTION pgqrs.queue_metrics(text, boolean) IS
'What is in a queue now. With pgqrs in shared_preload_libraries it takes no time: every commit keeps
counts up to date, and up to 1000 messages are looked at; the column exact tells which it was. With
exact => true, the first time after a start of the server, TRUNCATE or COMMIT PREPARED, in REPEATABLE
READ and SERIALIZABLE transactions, to roles that may not read all rows of the tables, on a standby
and without preloading all is counted in the tables: takes time in proportion to it. Raises PQ002.';

CREATE FUNCTION pgqrs.all_queues_metrics(exact boolean DEFAULT false) RETURNS SETOF pgqrs.metrics
    LANGUAGE c VOLATILE PARALLEL UNSAFE ROWS 100
    AS 'MODULE_PATHNAME', 'pgqrs_all_queues_metrics';
COMMENT ON FUNCTION pgqrs.all_queues_metrics(boolean) IS
'queue_metrics() of every queue, by name. When everything is counted, it is at one moment.';

CREATE FUNCTION pgqrs.verify() RETURNS TABLE (kind text, object text, fault text)
    LANGUAGE c STABLE PARALLEL UNSAFE ROWS 1
    AS 'MODULE_PATHNAME', 'pgqrs_verify';
COMMENT ON FUNCTION pgqrs.verify() IS
'Checks the installed extension: library version, tables, columns, indexes, constraints,
triggers, types and functions. A row for every fault; no row when all is well.';

CREATE FUNCTION pgqrs.version() RETURNS text
    LANGUAGE c STABLE PARALLEL SAFE
    AS 'MODULE_PATHNAME', 'pgqrs_version';
COMMENT ON FUNCTION pgqrs.version() IS
    'The version of the loaded library. verify() says when it is not that of the extension.';
