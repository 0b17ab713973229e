-- A worker that is silent for longer than its lease is dead, and others get its messages at once.
\getenv tests PG_ABS_SRCDIR
\set errors :tests /sql/include/errors.sql
\i :errors
SELECT name FROM pgqrs.create_queue('reaping', visibility_timeout => '1 h');
SELECT pgqrs.register_worker('reaping', 'one', lease => '10 s') AS one \gset
SELECT pgqrs.register_worker('reaping', 'two', lease => '1 h') AS two \gset
SELECT count(*) FROM pgqrs.enqueue_batch('reaping', '{1,2,3,4,5,6}');
SELECT id AS m1, read_ct AS r1 FROM pgqrs.dequeue('reaping', worker => :one) \gset
SELECT payload FROM pgqrs.dequeue_batch('reaping', 2, worker => :one);
SELECT payload FROM pgqrs.dequeue('reaping', worker => :two);
SELECT payload FROM pgqrs.dequeue('reaping');
SELECT count(pgqrs.reap_workers());
SELECT count(*) FROM pgqrs.list_workers('reaping') WHERE state = 'dead';

-- Nobody has noticed yet.
SET pgqrs.clock_offset = '11 s';
SELECT payload FROM pgqrs.dequeue_batch('reaping', 10);
SELECT payload FROM pgqrs.dequeue_batch('reaping', 10);
SELECT pgqrs.reap_workers() > 0 AS reaped, pgqrs.reap_workers() AS again;
SELECT name, state, died_at IS NOT NULL AS died FROM pgqrs.workers WHERE id IN (:one, :two) ORDER BY id;
SELECT in_flight, pending FROM pgqrs.queue_metrics('reaping', exact => true);
SELECT in_flight, pending FROM pgqrs.all_queues_metrics() WHERE queue = 'reaping';
SELECT name, state, in_flight FROM pgqrs.worker_metrics('reaping');
SELECT payload FROM pgqrs.peek('reaping', 10);
-- It cannot come back, but finish what nobody else got.
SELECT regexp_replace(pg_temp.error_of(format($$SELECT pgqrs.dequeue('reaping', worker => %s)$$, :one)), 'worker \d+', 'worker N');
SELECT pgqrs.extend_visibility('reaping', :m1, '1 h', :r1) AS extended, done, cancelled
FROM pgqrs.extend_batch('reaping', ARRAY[:m1]::bigint[], '1 h');
SELECT pgqrs.archive('reaping', :m1, :r1);
SELECT payload, read_ct, worker_id = :two AS two FROM pgqrs.dequeue_batch('reaping', 10, worker => :two);
SELECT payload FROM pgqrs.dequeue_batch('reaping', 10);

-- Many at once: priorities, and more than one call takes.
SELECT pgqrs.register_worker('reaping', 'three', lease => '10 s') AS three \gset
SELECT pgqrs.register_worker('reaping', 'four', lease => '10 s') AS four \gset
SELECT count(*) FROM pgqrs.enqueue_batch('reaping', ARRAY(SELECT to_jsonb(i) FROM generate_series(100, 1099) AS i), priority => 3);
SELECT count(*) FROM pgqrs.enqueue_batch('reaping', ARRAY(SELECT to_jsonb(i) FROM generate_series(2000, 2009) AS i), priority => 8);
SELECT count(*) FROM pgqrs.dequeue_batch('reaping', 505, worker => :three);
SELECT count(*) FROM pgqrs.dequeue_batch('reaping', 505, worker => :four);
SELECT count(*) FROM pgqrs.dequeue_batch('reaping', 10);
SET pgqrs.clock_offset = '30 s';
SELECT pgqrs.reap_workers() > 0 AS reaped;
SELECT min(payload::int), max(payload::int), count(*) FROM pgqrs.dequeue_batch('reaping', 4);
SELECT min(payload::int), max(payload::int), count(*) FROM pgqrs.dequeue_batch('reaping', 1000);
SELECT min(payload::int), max(payload::int), count(*) FROM pgqrs.dequeue_batch('reaping', 1000);
SELECT count(*) FROM pgqrs.dequeue_batch('reaping', 1000);

-- Signs of life: a dequeue, also of nothing, an extension, a heartbeat; each only when a third of the lease has passed.
SELECT pgqrs.purge_queue('reaping') > 0 AS purged;
SELECT pgqrs.register_worker('reaping', 'five', lease => '9 s') AS five \gset
SELECT state, heartbeat_at AS t0 FROM pgqrs.get_worker(:five) \gset
SELECT count(*) FROM pgqrs.dequeue('reaping', worker => :five);
SELECT heartbeat_at AS t1 FROM pgqrs.get_worker(:five) \gset
SELECT state, heartbeat_at > :'t0' AS noted FROM pgqrs.get_worker(:five);
SELECT count(*) FROM pgqrs.dequeue('reaping', worker => :five);
SELECT heartbeat_at = :'t1' AS same FROM pgqrs.get_worker(:five);
SET pgqrs.clock_offset = '34 s';
SELECT pgqrs.enqueue('reaping', '7') AS seven \gset
SELECT payload FROM pgqrs.dequeue('reaping', worker => :five);
SELECT heartbeat_at > :'t1'::timestamptz + '3 s' AS noted, heartbeat_at AS t2 FROM pgqrs.get_worker(:five) \gset
SELECT :'noted' AS noted;
SET pgqrs.clock_offset = '38 s';
SELECT pgqrs.extend_visibility('reaping', :seven, '1 h');
SELECT heartbeat_at > :'t2'::timestamptz + '3 s' AS noted, heartbeat_at AS t3 FROM pgqrs.get_worker(:five) \gset
SELECT :'noted' AS noted;
SET pgqrs.clock_offset = '42 s';
SELECT done FROM pgqrs.extend_batch('reaping', ARRAY[:seven]::bigint[], '1 h');
SELECT heartbeat_at > :'t3'::timestamptz + '3 s' AS noted, heartbeat_at AS t4 FROM pgqrs.get_worker(:five) \gset
SELECT :'noted' AS noted;
SELECT count(*) FROM pgqrs.heartbeat(:five);
SELECT heartbeat_at > :'t4' AS noted FROM pgqrs.get_worker(:five);

-- What a heartbeat says of messages, in the order of the ids: here, lost, cancelled.
SELECT pgqrs.enqueue('reaping', '8') AS eight \gset
SELECT pgqrs.enqueue('reaping', '9') AS nine \gset
SELECT count(*) FROM pgqrs.dequeue_batch('reaping', 2, worker => :five);
SELECT result FROM pgqrs.cancel('reaping', ARRAY[:eight]::bigint[]);
SELECT greatest(id - :seven, -1) AS nth, lost, cancelled FROM pgqrs.heartbeat(:five, ARRAY[:nine, :seven, :eight, :eight, -1]::bigint[]);
SELECT greatest(id - :seven, -1) AS nth, lost, cancelled FROM pgqrs.heartbeat(:five, ARRAY[:nine, :seven, :eight]::bigint[], '{1,2,1}');
SELECT id - :seven AS nth, done, cancelled FROM pgqrs.extend_batch('reaping', ARRAY[:nine, :seven, :eight]::bigint[], '1 h', '{1,2,1}');
SELECT pg_temp.error_of(format($$SELECT pgqrs.extend_batch('reaping', ARRAY[%s, %s]::bigint[], '1 h', '{1,2}', true)$$, :nine, :seven)) ~ 'PQ001' AS strict;
SELECT pgqrs.release('reaping', :nine);
SELECT lost, cancelled FROM pgqrs.heartbeat(:five, ARRAY[:nine]::bigint[]);
SELECT payload FROM pgqrs.dequeue('reaping', worker => :two);
SELECT lost FROM pgqrs.heartbeat(:five, ARRAY[:nine]::bigint[]);
SELECT lost FROM pgqrs.heartbeat(:five, ARRAY[:nine]::bigint[], '{2}');

-- A clock that was set back: the last sign of life lies ahead, and is no reason to write none, or to be immortal.
SET pgqrs.clock_offset = '10 s';
SELECT count(*) FROM pgqrs.dequeue('reaping', worker => :five);
SELECT heartbeat_at < :'t2' AS noted FROM pgqrs.get_worker(:five);
UPDATE pgqrs.workers SET heartbeat_at = clock_timestamp() + '1 day' WHERE id = :five;
SELECT count(pgqrs.reap_workers());
SELECT state, heartbeat_at < clock_timestamp() + '1 min' AS corrected FROM pgqrs.get_worker(:five);
SET pgqrs.clock_offset = '20 s';
SELECT pgqrs.reap_workers() > 0 AS reaped;

-- Deliveries of a dead worker count against max_deliveries.
SELECT max_deliveries FROM pgqrs.alter_queue('reaping', max_deliveries => 1);
SELECT pgqrs.purge_queue('reaping') > 0 AS purged;
SELECT pgqrs.register_worker('reaping', 'six', lease => '1 s') AS six \gset
SELECT pgqrs.enqueue('reaping', '10') AS ten \gset
SELECT payload FROM pgqrs.dequeue('reaping', worker => :six);
SET pgqrs.clock_offset = '25 s';
SELECT pgqrs.reap_workers() > 0 AS reaped;
SELECT count(*) FROM pgqrs.dequeue('reaping');
SELECT payload, outcome FROM pgqrs.get_archived('reaping', :ten);

-- Rows written by hand, and the end of a dead worker's row: it is not deleted while messages carry its lease.
SELECT max_deliveries FROM pgqrs.alter_queue('reaping', max_deliveries => 0);
SELECT pgqrs.register_worker('reaping', 'seven') AS w7 \gset
SELECT count(*) FROM pgqrs.enqueue_batch('reaping', '{11,12,13}');
SELECT count(*) FROM pgqrs.dequeue_batch('reaping', 3, worker => :w7);
SELECT count(*) FROM pgqrs.dequeue('reaping');
UPDATE pgqrs.workers SET state = 'dead' WHERE id = :w7;
SELECT payload FROM pgqrs.dequeue('reaping');
UPDATE pgqrs.workers SET state = 'polling' WHERE id = :w7;
SELECT count(*) FROM pgqrs.dequeue('reaping');
UPDATE pgqrs.workers SET state = 'dead' WHERE id = :w7;
SELECT pgqrs.purge_workers('reaping', '1 min'), pgqrs.purge_workers('reaping', '0');
SELECT m.payload, m.vt, m.worker_id, r.given_back FROM pgqrs.list_messages('reaping') AS m JOIN pgqrs.messages AS r USING (id) WHERE m.vt IS NULL ORDER BY id;
SELECT payload FROM pgqrs.dequeue_batch('reaping', 10);
SELECT pgqrs.register_worker('reaping', 'eight') AS w8 \gset
SELECT count(*) FROM pgqrs.enqueue('reaping', '14');
SELECT payload FROM pgqrs.dequeue('reaping', worker => :w8);
UPDATE pgqrs.workers SET state = 'dead' WHERE id = :w8;
SELECT pgqrs.delete_worker(:w8);
SELECT payload FROM pgqrs.dequeue('reaping');
-- After a rollback, nobody has died.
SELECT pgqrs.register_worker('reaping', 'nine') AS w9 \gset
SELECT count(*) FROM pgqrs.enqueue('reaping', '15');
SELECT payload FROM pgqrs.dequeue('reaping', worker => :w9);
BEGIN;
UPDATE pgqrs.workers SET state = 'dead' WHERE id = :w9;
SELECT payload FROM pgqrs.dequeue('reaping');
ROLLBACK;
SELECT count(*) FROM pgqrs.dequeue('reaping');
SELECT state FROM pgqrs.get_worker(:w9);

SELECT pgqrs.drop_queue('reaping', force => true);
RESET pgqrs.clock_offset;
