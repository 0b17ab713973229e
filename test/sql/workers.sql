-- Workers are registered for a queue, and a delivery records which of them holds the message.
\getenv tests PG_ABS_SRCDIR
\set errors :tests /sql/include/errors.sql
\i :errors
SELECT id AS q FROM pgqrs.create_queue('workers') \gset
SELECT name FROM pgqrs.create_queue('workers.other');

-- Registering, by position and by name. Names need not be unique.
SELECT pgqrs.register_worker('workers', 'one', 'host.example', 4711, '{"version": 2}') AS one \gset
SELECT pgqrs.register_worker('workers', 'two') AS two \gset
SELECT pgqrs.register_worker(queue => 'workers', name => 'two', metadata => 'null') AS three \gset
SELECT pgqrs.register_worker('workers.other', 'größe 🐘; DROP TABLE x', pid => -1) AS other \gset

-- Looking.
SELECT id = :one AS one, queue, name, hostname, pid, metadata, registered_at <= clock_timestamp() AS past FROM pgqrs.get_worker(:one);
SELECT count(*) FROM pgqrs.get_worker(-1);
SELECT id - :one AS nth, queue, name, hostname, pid, metadata FROM pgqrs.list_workers('workers');
SELECT name FROM pgqrs.list_workers('workers', after_id => :one, qty => 1);
SELECT name FROM pgqrs.list_workers('workers', after_id => :three);
SELECT queue, name FROM pgqrs.list_workers() WHERE queue LIKE 'workers%';
SELECT queue, name FROM pgqrs.list_workers(NULL, :two, 1);
SELECT pgqrs.count_workers('workers'), pgqrs.count_workers('workers.other'), pgqrs.count_workers() >= 4 AS all;

-- dequeue(worker =>) records it; a delivery without one records none.
SELECT count(*) FROM pgqrs.enqueue_batch('workers', '{1,2,3,4}');
SELECT payload, worker_id = :one AS one FROM pgqrs.dequeue('workers', worker => :one);
SELECT payload, worker_id = :two AS two FROM pgqrs.dequeue_batch('workers', 2, worker => :two);
SELECT payload, worker_id FROM pgqrs.dequeue('workers');
SELECT payload, worker_id - :one AS worker FROM pgqrs.list_messages('workers');
SET pgqrs.clock_offset = '1 min';
SELECT payload, worker_id FROM pgqrs.dequeue('workers');
SELECT payload, worker_id = :two AS two FROM pgqrs.dequeue('workers', worker => :two);
SELECT payload, worker_id - :one AS worker FROM pgqrs.list_messages('workers');

-- Unknown workers and those of another queue.
SELECT w AS worker, pg_temp.error_of(format($$SELECT pgqrs.dequeue('workers', worker => %s)$$, w)),
    pg_temp.error_of(format($$SELECT pgqrs.dequeue_batch('workers', 2, worker => %s)$$, w)) AS batch
FROM unnest(ARRAY[0, -1, 9223372036854775807]) AS w;
SELECT regexp_replace(pg_temp.error_of(format($$SELECT pgqrs.dequeue('workers', worker => %s)$$, :other)), 'worker \d+', 'worker N');
-- Also when the queue is paused, or empty.
SELECT pgqrs.pause_queue('workers');
SELECT pg_temp.error_of($$SELECT pgqrs.dequeue('workers', worker => -1)$$);
SELECT pg_temp.error_of($$SELECT pgqrs.dequeue('workers.other', worker => -1)$$);
SELECT pgqrs.resume_queue('workers');

-- Deleting one: its messages stay leased until their leases end; it cannot dequeue any more.
SELECT pgqrs.delete_worker(:two), pgqrs.delete_worker(:two), pgqrs.delete_worker(-1);
SELECT regexp_replace(pg_temp.error_of(format($$SELECT pgqrs.dequeue('workers', worker => %s)$$, :two)), 'worker \d+', 'worker N');
SELECT payload FROM pgqrs.dequeue_batch('workers', 10);
SET pgqrs.clock_offset = '2 min';
SELECT payload FROM pgqrs.dequeue_batch('workers', 10);
RESET pgqrs.clock_offset;

-- Dropping a queue takes its workers along.
SELECT pgqrs.drop_queue('workers.other');
SELECT count(*) FROM pgqrs.get_worker(:other);

-- Wrong arguments.
SELECT call, pg_temp.error_of('SELECT pgqrs.' || call)
FROM unnest(ARRAY[
    $$register_worker('workers', NULL)$$, $$register_worker('workers', '')$$,
    $$register_worker('workers', repeat('w', 64))$$, $$register_worker('workers', repeat('ä', 32))$$,
    $$delete_worker(NULL)$$, $$get_worker(NULL)$$,
    $$list_workers('workers', 0, 0)$$,
    $$list_workers('workers', 0, 10001)$$]) AS call;
SELECT pgqrs.register_worker('workers', repeat('w', 63)) > 0 AS registered;

SELECT pgqrs.drop_queue('workers', force => true);
