-- The life of a worker: each transition that is allowed, and an error that names both states for each other one.
\getenv tests PG_ABS_SRCDIR
\set errors :tests /sql/include/errors.sql
\i :errors
SELECT name FROM pgqrs.create_queue('life');
CREATE FUNCTION pgqrs.life_dequeue(worker bigint) RETURNS SETOF pgqrs.message LANGUAGE sql
    AS $$ SELECT * FROM pgqrs.dequeue('life', worker => life_dequeue.worker) $$;
CREATE FUNCTION pg_temp.with_state(state text) RETURNS bigint LANGUAGE plpgsql AS $$
DECLARE
    worker bigint := pgqrs.register_worker('life', state);
BEGIN
    UPDATE pgqrs.workers AS w SET state = with_state.state::pgqrs.worker_state WHERE id = worker;
    RETURN worker;
END $$;
-- Calls the function for a new worker in the state.
CREATE FUNCTION pg_temp.outcome(call text, state text) RETURNS text LANGUAGE plpgsql AS $$
DECLARE
    worker bigint := pg_temp.with_state(state);
    result text := pg_temp.error_of(format('SELECT pgqrs.%I(%s)', call, worker));
BEGIN
    RETURN CASE result
        WHEN 'no error' THEN (SELECT w.state::text FROM pgqrs.get_worker(worker) AS w)
        ELSE replace(result, 'worker ' || worker, 'worker N') END;
END $$;

SELECT call, state, pg_temp.outcome(call, state::text)
FROM unnest(ARRAY['suspend_worker', 'resume_worker', 'stop_worker']) AS call,
    unnest(enum_range(NULL::pgqrs.worker_state)) AS state;
-- The first dequeue makes it polling, with or without a message; suspended it stays.
SELECT call, state, pg_temp.outcome(call, state::text)
FROM unnest(ARRAY['life_dequeue', 'heartbeat']) AS call, unnest(enum_range(NULL::pgqrs.worker_state)) AS state;
SELECT call, pg_temp.error_of(format('SELECT pgqrs.%I(-1)', call)), pg_temp.error_of(format('SELECT pgqrs.%I(NULL)', call))
FROM unnest(ARRAY['suspend_worker', 'resume_worker', 'stop_worker', 'heartbeat', 'release_worker_messages']) AS call;

-- They answer the worker.
SELECT pgqrs.register_worker('life', 'one', 'host', 1, '{}', '5 s') AS one \gset
SELECT id = :one AS one, queue, name, hostname, pid, metadata, state, lease, heartbeat_at <= clock_timestamp() AS past
FROM pgqrs.suspend_worker(:one);
-- A suspended worker gets nothing, and does not wait for it.
SELECT count(*) FROM pgqrs.enqueue_batch('life', '{1,2,3,4}');
SELECT count(*) FROM pgqrs.dequeue_batch('life', 2, worker => :one);
SELECT count(*) FROM pgqrs.dequeue('life', wait => '1 min', worker => :one);
SELECT state FROM pgqrs.resume_worker(:one);
SELECT payload FROM pgqrs.dequeue_batch('life', 2, worker => :one);
SELECT state FROM pgqrs.get_worker(:one);

-- Giving back: the deliveries do not count against max_deliveries, and the fence stays.
SELECT pgqrs.release_worker_messages(:one);
SELECT payload, read_ct, worker_id, vt FROM pgqrs.list_messages('life');
SELECT payload, read_ct FROM pgqrs.dequeue_batch('life', 3, worker => :one);
SELECT state FROM pgqrs.stop_worker(:one);
SELECT m.payload, m.read_ct, r.given_back, m.worker_id FROM pgqrs.list_messages('life') AS m JOIN pgqrs.messages AS r USING (id) ORDER BY id;
SELECT pgqrs.release_worker_messages(:one);
-- Those of others stay with them.
SELECT pgqrs.register_worker('life', 'two') AS two \gset
SELECT pgqrs.register_worker('life', 'three') AS three \gset
SELECT payload FROM pgqrs.dequeue('life', worker => :two);
SELECT payload FROM pgqrs.dequeue('life', worker => :three);
SELECT pgqrs.release_worker_messages(:two);
SELECT payload, worker_id = :three AS three FROM pgqrs.list_messages('life');
-- Not only at the beginning of the queue, and in each priority.
SELECT count(*) FROM pgqrs.enqueue_batch('life', ARRAY(SELECT '5'::jsonb FROM generate_series(1, 3000)), priority => 7);
SELECT count(*) FROM pgqrs.dequeue_batch('life', 3003, worker => :two);
SELECT pgqrs.release_worker_messages(:two);

-- Health.
SELECT queue, ready, polling, suspended, stopped, dead, oldest_heartbeat_age < '1 h' AS seen FROM pgqrs.worker_health('life');
SELECT name FROM pgqrs.create_queue('life.none');
SELECT queue, ready, polling, oldest_heartbeat_age FROM pgqrs.worker_health('life.none');
SELECT count(*) FROM pgqrs.worker_health() WHERE queue LIKE 'life%';
SELECT name, state, heartbeat_age >= '0' AS seen, in_flight, oldest_delivery_age >= '0' AS age, oldest_lease_end > clock_timestamp() AS leased
FROM pgqrs.worker_metrics('life') WHERE worker IN (:two, :three);

-- Wrong arguments.
SELECT call, pg_temp.error_of('SELECT pgqrs.' || call)
FROM unnest(ARRAY[
    $$register_worker('life', 'w', lease => '999 ms')$$, $$register_worker('life', 'w', lease => '367 days')$$,
    $$register_worker('life', 'w', lease => '-1 s')$$,
    $$worker_health('life.missing')$$, $$worker_metrics('life.missing')$$, $$worker_metrics(NULL)$$,
    $$purge_workers('life.missing')$$, $$purge_workers(older_than => '-1 s')$$,
    $$heartbeat(1, '{1}', '{1,2}')$$, $$heartbeat(1, '{1,NULL}')$$]) AS call;
SELECT pgqrs.register_worker('life', 'w', lease => NULL) AS standard \gset
SELECT lease FROM pgqrs.get_worker(:standard);

-- Purging takes those that ended long enough ago.
SELECT pgqrs.purge_workers('life');
SELECT pgqrs.purge_workers('life.none', '0'), pgqrs.purge_workers('life', '0') > 0 AS some, pgqrs.purge_workers('life', '0');
SELECT DISTINCT state FROM pgqrs.list_workers('life') ORDER BY state;

DROP FUNCTION pgqrs.life_dequeue(bigint);
SELECT pgqrs.drop_queue('life', force => true), pgqrs.drop_queue('life.none');
