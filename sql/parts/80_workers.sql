-- Workers.

CREATE FUNCTION pgqrs.register_worker(
    queue text,
    name text,
    hostname text DEFAULT NULL,
    pid bigint DEFAULT NULL,
    metadata jsonb DEFAULT NULL
) RETURNS bigint
    LANGUAGE c VOLATILE PARALLEL UNSAFE
    AS 'MODULE_PATHNAME', 'pgqrs_register_worker';
COMMENT ON FUNCTION pgqrs.register_worker(text, text, text, bigint, jsonb) IS
'Registers a worker of a queue and returns its id, for dequeue(worker => ...).
name: 1 to 63 bytes. Several workers may have the same.
hostname: the host that the worker runs on.
pid: its process id there.
metadata: anything else about the worker.
Raises PQ002, PQ004.';

CREATE FUNCTION pgqrs.delete_worker(worker bigint) RETURNS boolean
    LANGUAGE c VOLATILE PARALLEL UNSAFE
    AS 'MODULE_PATHNAME', 'pgqrs_delete_worker';
COMMENT ON FUNCTION pgqrs.delete_worker(bigint) IS
'Removes a worker. Its messages come back when their leases end. Returns true if this call did it.';

CREATE FUNCTION pgqrs.get_worker(worker bigint) RETURNS SETOF pgqrs.worker
    LANGUAGE c STABLE PARALLEL UNSAFE ROWS 1
    AS 'MODULE_PATHNAME', 'pgqrs_get_worker';
COMMENT ON FUNCTION pgqrs.get_worker(bigint) IS 'Returns one worker, or no row.';

CREATE FUNCTION pgqrs.list_workers(
    queue text DEFAULT NULL,
    after_id bigint DEFAULT 0,
    qty bigint DEFAULT 100
) RETURNS SETOF pgqrs.worker
    LANGUAGE c STABLE PARALLEL UNSAFE ROWS 10
    AS 'MODULE_PATHNAME', 'pgqrs_list_workers';
COMMENT ON FUNCTION pgqrs.list_workers(text, bigint, bigint) IS
'Returns up to qty workers of a queue, by id.
queue: NULL means all queues.
after_id: start after this id. The next page starts after the last id of this one.
Raises PQ002, PQ009, PQ010.';

CREATE FUNCTION pgqrs.count_workers(queue text DEFAULT NULL) RETURNS bigint
    LANGUAGE c STABLE PARALLEL UNSAFE
    AS 'MODULE_PATHNAME', 'pgqrs_count_workers';
COMMENT ON FUNCTION pgqrs.count_workers(text) IS
'Returns the number of workers of a queue.
queue: NULL means all queues.
Raises PQ002.';
