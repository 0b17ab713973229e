-- Looking at messages, the archive, metrics and the installation.

CREATE FUNCTION pgqrs.get_message(queue text, id bigint) RETURNS SETOF pgqrs.message
    LANGUAGE c STABLE PARALLEL UNSAFE ROWS 1
    AS 'MODULE_PATHNAME', 'pgqrs_get_message';
COMMENT ON FUNCTION pgqrs.get_message(text, bigint) IS
'Returns one message of a queue, or no row.
Raises PQ002.';

CREATE FUNCTION pgqrs.list_messages(
    queue text,
    after_id bigint DEFAULT 0,
    qty bigint DEFAULT 100
) RETURNS SETOF pgqrs.message
    LANGUAGE c STABLE PARALLEL UNSAFE ROWS 100
    AS 'MODULE_PATHNAME', 'pgqrs_list_messages';
COMMENT ON FUNCTION pgqrs.list_messages(text, bigint, bigint) IS
'Returns up to qty messages of a queue, by id.
after_id: start after this id. The next page starts after the last id of this one.
Raises PQ002, PQ009, PQ010.';

CREATE FUNCTION pgqrs.count_messages(queue text DEFAULT NULL) RETURNS bigint
    LANGUAGE c STABLE PARALLEL UNSAFE
    AS 'MODULE_PATHNAME', 'pgqrs_count_messages';
COMMENT ON FUNCTION pgqrs.count_messages(text) IS
'Returns the number of messages in a queue.
queue: NULL means all queues.
Raises PQ002.';

CREATE FUNCTION pgqrs.get_archived(queue text, id bigint) RETURNS SETOF pgqrs.archived_message
    LANGUAGE c STABLE PARALLEL UNSAFE ROWS 1
    AS 'MODULE_PATHNAME', 'pgqrs_get_archived';
COMMENT ON FUNCTION pgqrs.get_archived(text, bigint) IS
'Returns one archived message of a queue, or no row.
Raises PQ002.';

CREATE FUNCTION pgqrs.list_archive(
    queue text,
    after_id bigint DEFAULT 0,
    qty bigint DEFAULT 100
) RETURNS SETOF pgqrs.archived_message
    LANGUAGE c STABLE PARALLEL UNSAFE ROWS 100
    AS 'MODULE_PATHNAME', 'pgqrs_list_archive';
COMMENT ON FUNCTION pgqrs.list_archive(text, bigint, bigint) IS
'Returns up to qty archived messages of a queue, by id.
after_id: start after this id. The next page starts after the last id of this one.
Raises PQ002, PQ009, PQ010.';

CREATE FUNCTION pgqrs.count_archive(queue text DEFAULT NULL) RETURNS bigint
    LANGUAGE c STABLE PARALLEL UNSAFE
    AS 'MODULE_PATHNAME', 'pgqrs_count_archive';
COMMENT ON FUNCTION pgqrs.count_archive(text) IS
'Returns the number of archived messages of a queue.
queue: NULL means all queues.
Raises PQ002.';

CREATE FUNCTION pgqrs.queue_metrics(queue text, exact boolean DEFAULT false) RETURNS pgqrs.metrics
    LANGUAGE c VOLATILE PARALLEL UNSAFE
    AS 'MODULE_PATHNAME', 'pgqrs_queue_metrics';
COMMENT ON FUNCTION pgqrs.queue_metrics(text, boolean) IS
'Returns what is in a queue now. With pgqrs in shared_preload_libraries this takes no time: every
commit keeps counts up to date, and only up to 1000 messages are looked at. The column exact tells
how it was done. Without preloading everything is counted in the tables, which takes time in
proportion to it. So it is after a start of the server, a TRUNCATE or a COMMIT PREPARED for the
first time, in REPEATABLE READ and SERIALIZABLE transactions, on a standby, and for roles that may
not read all rows of the tables.
exact: true counts everything in the tables.
Raises PQ002.';

CREATE FUNCTION pgqrs.all_queues_metrics(exact boolean DEFAULT false) RETURNS SETOF pgqrs.metrics
    LANGUAGE c VOLATILE PARALLEL UNSAFE ROWS 100
    AS 'MODULE_PATHNAME', 'pgqrs_all_queues_metrics';
COMMENT ON FUNCTION pgqrs.all_queues_metrics(boolean) IS
'Returns the queue_metrics() of every queue, by name. When everything is counted, all of it is
counted at one moment.
exact: true counts everything in the tables.';

CREATE FUNCTION pgqrs.verify() RETURNS TABLE (kind text, object text, fault text)
    LANGUAGE c STABLE PARALLEL UNSAFE ROWS 1
    AS 'MODULE_PATHNAME', 'pgqrs_verify';
COMMENT ON FUNCTION pgqrs.verify() IS
'Checks the installed extension: library version, tables, columns, indexes, constraints, triggers,
types and functions. It returns a row for every fault, and no row when all is well.';

CREATE FUNCTION pgqrs.version() RETURNS text
    LANGUAGE c STABLE PARALLEL SAFE
    AS 'MODULE_PATHNAME', 'pgqrs_version';
COMMENT ON FUNCTION pgqrs.version() IS
    'Returns the version of the loaded library. verify() tells when the extension has another.';
