-- Workers.

CREATE FUNCTION pgqrs.register_worker(
    queue text,
    name text,
    hostname text DEFAULT NULL,
    pid bigint DEFAULT NULL,
    metadata jsonb DEFAULT NULL,
    lease interval DEFAULT '60 s',
    session boolean DEFAULT false
) RETURNS bigint
    LANGUAGE c VOLATILE PARALLEL UNSAFE
    AS 'MODULE_PATHNAME', 'pgqrs_register_worker';
COMMENT ON FUNCTION pgqrs.register_worker(text, text, text, bigint, jsonb, interval, boolean) IS
'Registers a worker of a queue and returns its id, for dequeue(worker => ...).
name: 1 to 63 bytes. Several workers may have the same, so whoever comes after a dead one can take over
its name.
hostname: the host that the worker runs on.
pid: its process id there.
metadata: anything else about the worker.
lease: 1 second to 366 days. When the worker gives no sign of life for this long, it is dead, and others get
its messages. Signs of life are heartbeat(), a dequeue with its id, and extensions of its messages.
session: true binds the worker to the session that registers it. It gives no signs of life. When the session
ends, in whatever way, the worker is dead, and others get its messages within a second. Calls with its id
from another session raise PQ008; a connection pooler in transaction mode makes such calls. After a restart
or a promotion of the server all of these workers are dead. It needs shared_preload_libraries.
Raises PQ002, PQ004, PQ010.';

CREATE FUNCTION pgqrs.delete_worker(worker bigint) RETURNS boolean
    LANGUAGE c VOLATILE PARALLEL UNSAFE
    AS 'MODULE_PATHNAME', 'pgqrs_delete_worker';
COMMENT ON FUNCTION pgqrs.delete_worker(bigint) IS
'Removes a worker. Its messages come back when their leases end, or at once when it is dead. Returns true if
this call did it.';

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

-- The life of a worker. Each of these three raises PQ014 for a worker in another state.

CREATE FUNCTION pgqrs.suspend_worker(worker bigint) RETURNS pgqrs.worker
    LANGUAGE c VOLATILE PARALLEL UNSAFE
    AS 'MODULE_PATHNAME', 'pgqrs_suspend_worker';
COMMENT ON FUNCTION pgqrs.suspend_worker(bigint) IS
'Makes a worker get no more messages until resume_worker(): its dequeues give nothing, and its waits end. It
keeps the messages it has, and must go on to give signs of life. Returns the worker.
worker: one that is ready or polling.
Raises PQ008, PQ014.';

CREATE FUNCTION pgqrs.resume_worker(worker bigint) RETURNS pgqrs.worker
    LANGUAGE c VOLATILE PARALLEL UNSAFE
    AS 'MODULE_PATHNAME', 'pgqrs_resume_worker';
COMMENT ON FUNCTION pgqrs.resume_worker(bigint) IS
'Lets a suspended worker get messages again. Returns the worker, which is ready.
worker: one that is suspended.
Raises PQ008, PQ014.';

CREATE FUNCTION pgqrs.stop_worker(worker bigint) RETURNS pgqrs.worker
    LANGUAGE c VOLATILE PARALLEL UNSAFE
    AS 'MODULE_PATHNAME', 'pgqrs_stop_worker';
COMMENT ON FUNCTION pgqrs.stop_worker(bigint) IS
'Ends the work of a worker for good: it gives its messages back as release_worker_messages() does, and its
dequeues raise PQ008 from then on. Returns the worker.
worker: one that is ready, polling or suspended.
Raises PQ008, PQ014.';

CREATE FUNCTION pgqrs.heartbeat(
    worker bigint,
    ids bigint[] DEFAULT '{}',
    read_cts bigint[] DEFAULT NULL
) RETURNS TABLE (id bigint, lost boolean, cancelled boolean)
    LANGUAGE c VOLATILE PARALLEL UNSAFE ROWS 100
    AS 'MODULE_PATHNAME', 'pgqrs_heartbeat';
COMMENT ON FUNCTION pgqrs.heartbeat(bigint, bigint[], bigint[]) IS
'Gives a sign of life of a worker, and says what has become of messages it works on. Returns a row for each
id, in their order: whether the message is lost (it is gone, has no lease, or somebody else got it), and
whether cancel() was called for it. It extends no lease of a message.
ids: the messages, or none.
read_cts: NULL, or one element for each id: the read_ct of the delivery that the worker has. Without it, a
message is lost when another worker got it last.
Raises PQ008, PQ009, PQ010.';

CREATE FUNCTION pgqrs.release_worker_messages(worker bigint) RETURNS bigint
    LANGUAGE c VOLATILE PARALLEL UNSAFE
    AS 'MODULE_PATHNAME', 'pgqrs_release_worker_messages';
COMMENT ON FUNCTION pgqrs.release_worker_messages(bigint) IS
'Gives all messages back that a worker has, as release() does: the deliveries do not count against
max_deliveries. It leaves those that somebody else has locked. Returns their number. It walks the messages of
the queue from the first one on, and ends after 10,000 in a row that nobody has.
Raises PQ008.';

CREATE FUNCTION pgqrs.reap_workers() RETURNS bigint
    LANGUAGE c VOLATILE PARALLEL UNSAFE
    AS 'MODULE_PATHNAME', 'pgqrs_reap_workers';
COMMENT ON FUNCTION pgqrs.reap_workers() IS
'Makes each worker dead that has given no sign of life for longer than its lease. Others get its messages at
once, however many they are; these deliveries count against max_deliveries. So it does with workers that are
bound to a session which has ended. Returns the number of workers. A worker is alive while it dequeues.';

CREATE FUNCTION pgqrs.purge_workers(
    queue text DEFAULT NULL,
    older_than interval DEFAULT '1 day'
) RETURNS bigint
    LANGUAGE c VOLATILE PARALLEL UNSAFE
    AS 'MODULE_PATHNAME', 'pgqrs_purge_workers';
COMMENT ON FUNCTION pgqrs.purge_workers(text, interval) IS
'Removes workers that are dead or stopped. Returns their number.
queue: NULL means all queues.
older_than: only workers that have been so for at least this long.
Raises PQ002, PQ010.';

CREATE FUNCTION pgqrs.worker_health(queue text DEFAULT NULL) RETURNS SETOF pgqrs.worker_health
    LANGUAGE c STABLE PARALLEL UNSAFE ROWS 10
    AS 'MODULE_PATHNAME', 'pgqrs_worker_health';
COMMENT ON FUNCTION pgqrs.worker_health(text) IS
'Returns a row for each queue: its workers, counted by their state.
queue: NULL means all queues.
Raises PQ002.';

CREATE FUNCTION pgqrs.worker_metrics(queue text) RETURNS SETOF pgqrs.worker_metrics
    LANGUAGE c STABLE PARALLEL UNSAFE ROWS 10
    AS 'MODULE_PATHNAME', 'pgqrs_worker_metrics';
COMMENT ON FUNCTION pgqrs.worker_metrics(text) IS
'Returns a row for each worker of a queue, with the messages it has. It reads all messages of the queue.
Raises PQ002.';
