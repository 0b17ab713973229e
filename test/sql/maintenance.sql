-- Maintenance takes out what is dead, expired or cancelled, keeps the archive within its rules, and forgets what is gone.
\getenv tests PG_ABS_SRCDIR
\set errors :tests /sql/include/errors.sql
\i :errors
UPDATE pgqrs.maintenance SET last_done = 0, total_done = 0, position = NULL, queue_id = NULL;
SELECT name, dead_letter_queue FROM pgqrs.create_queue('maintained.dead');
SELECT id AS q FROM pgqrs.create_queue('maintained', max_deliveries => 1, dead_letter_queue => 'maintained.dead') \gset

-- Nobody dequeues.
SELECT count(*) FROM pgqrs.enqueue_batch('maintained', '{1,2,3}');
SELECT payload FROM pgqrs.dequeue_batch('maintained', 2, vt => '1 h');
SELECT pgqrs.extend_visibility('maintained', id, '1 ms') FROM pgqrs.messages WHERE payload = '1';
SELECT created FROM pgqrs.enqueue_job('maintained', '"late"', expires_after => '1 ms');
SELECT result FROM pgqrs.cancel('maintained', ARRAY(SELECT id FROM pgqrs.messages WHERE payload = '2'));
SELECT pg_sleep(0.01);
CALL pgqrs.maintain();
SELECT payload, error FROM pgqrs.list_dead('maintained');
SELECT payload, outcome FROM pgqrs.list_archive('maintained');
SELECT payload FROM pgqrs.list_messages('maintained');
SELECT duty, last_done, total_done FROM pgqrs.maintenance ORDER BY duty COLLATE "C";
CALL pgqrs.maintain(budget => '0');
-- What is running stays, also when it is to be cancelled. Its lease ends.
SELECT pgqrs.extend_visibility('maintained', id, '1 ms') FROM pgqrs.messages WHERE payload = '2';
SELECT pg_sleep(0.01);
CALL pgqrs.maintain(NULL);
SELECT payload, outcome FROM pgqrs.list_archive('maintained') ORDER BY id;

-- Retention by age and by number, per outcome.
SELECT count(*) FROM pgqrs.enqueue_batch('maintained', '{10,11,12,13,14}');
SELECT count(*) FILTER (WHERE pgqrs.archive('maintained', m.id)) FROM pgqrs.dequeue_batch('maintained', 10) AS m;
SELECT * FROM pgqrs.set_retention('maintained', 'done', max_count => 2);
SELECT * FROM pgqrs.set_retention('maintained', 'expired', max_age => '1 h', max_count => 100);
CALL pgqrs.maintain();
SELECT payload, outcome FROM pgqrs.list_archive('maintained') ORDER BY id;
UPDATE pgqrs.archive SET archived_at = now() - interval '61 min' WHERE queue_id = :q AND outcome <> 'done';
CALL pgqrs.maintain();
SELECT payload, outcome FROM pgqrs.list_archive('maintained') ORDER BY id;
SELECT archived, total_enqueued, total_finished FROM pgqrs.queue_metrics('maintained');
SELECT queue, outcome, max_age, max_count FROM pgqrs.list_retention() WHERE queue LIKE 'maintained%';
SELECT * FROM pgqrs.set_retention('maintained', max_age => '0');
CALL pgqrs.maintain();
SELECT count(*) FROM pgqrs.list_archive('maintained');
SELECT * FROM pgqrs.set_retention('maintained');
SELECT rule, pg_temp.error_of(format($$SELECT pgqrs.set_retention('maintained', %s)$$, rule))
FROM unnest(ARRAY['''finished''', '''''', 'max_age => ''-1 s''', 'max_age => ''1000 years''', 'max_count => -1']) AS rule;
SELECT pg_temp.error_of($$SELECT pgqrs.set_retention('maintained.none', max_count => 1)$$);
SELECT pg_temp.error_of($$SELECT pgqrs.list_retention('maintained.none')$$);

-- The history of a message goes after the message.
SELECT count(*) FROM pgqrs.failures AS f JOIN pgqrs.messages AS m ON m.id = f.message_id WHERE f.queue_id = :q;
SELECT pgqrs.discard('maintained', ARRAY(SELECT id FROM pgqrs.list_dead('maintained')));
CALL pgqrs.maintain();
SELECT count(*) FROM pgqrs.failures WHERE queue_id = :q;

-- Counters are summed up.
DO $$ BEGIN FOR i IN 1..1100 LOOP INSERT INTO pgqrs.departures (queue_id, finished, discarded)
    SELECT id, 1, 0 FROM pgqrs.queues WHERE name = 'maintained'; END LOOP; END $$;
SELECT total_finished AS before FROM pgqrs.queue_metrics('maintained') \gset
CALL pgqrs.maintain() \gset
SELECT :done >= 1100 AS many;
SELECT count(*) < 10 AS few FROM pgqrs.departures WHERE queue_id = :q;
SELECT total_finished = :before AS same FROM pgqrs.queue_metrics('maintained');

-- Workers that have been dead or stopped for long go, and the messages they had stay free.
SELECT name FROM pgqrs.alter_queue('maintained', max_deliveries => 0);
SELECT pgqrs.purge_queue('maintained') >= 0 AS emptied;
SELECT count(pgqrs.purge_workers(older_than => '0'));
SELECT count(pgqrs.register_worker('maintained', 'mw' || i)) FROM generate_series(1, 4) AS i;
SELECT count(*) FROM pgqrs.enqueue_batch('maintained', '{1,2,3}');
SELECT payload FROM pgqrs.dequeue_batch('maintained', 2, vt => '1 h', worker => (SELECT id FROM pgqrs.workers WHERE name = 'mw1'));
SELECT payload FROM pgqrs.dequeue('maintained', vt => '1 h', worker => (SELECT id FROM pgqrs.workers WHERE name = 'mw4'));
UPDATE pgqrs.workers SET state = 'dead', died_at = now() - CASE name WHEN 'mw1' THEN '25 h' ELSE '23 h' END::interval WHERE name IN ('mw1', 'mw2');
UPDATE pgqrs.workers SET state = 'stopped', heartbeat_at = now() - interval '25 h' WHERE name = 'mw3';
SET pgqrs.workers_kept = 0;
CALL pgqrs.maintain();
RESET pgqrs.workers_kept;
CALL pgqrs.maintain();
SELECT name, state FROM pgqrs.list_workers('maintained');
SELECT payload, vt IS NULL AS free, worker_id IS NULL AS nobodys, read_ct, (SELECT given_back FROM pgqrs.messages AS r WHERE r.id = m.id)
FROM pgqrs.list_messages('maintained') AS m ORDER BY id;
SELECT last_done, position, cutoff FROM pgqrs.maintenance WHERE duty = 'old_workers';
SET pgqrs.workers_kept = '1 h';
CALL pgqrs.maintain();
SELECT name, state FROM pgqrs.list_workers('maintained');
-- One that becomes old enough while the messages are gone through is for the next time.
SELECT count(*) FROM pgqrs.dequeue_batch('maintained', 2, worker => (SELECT id FROM pgqrs.workers WHERE name = 'mw4'));
UPDATE pgqrs.workers SET state = 'dead', died_at = now() - interval '2 h' WHERE name = 'mw4';
UPDATE pgqrs.maintenance SET cutoff = now() - interval '3 h', position = (SELECT max(id) FROM pgqrs.messages) WHERE duty = 'old_workers';
CALL pgqrs.maintain();
SELECT name, state FROM pgqrs.list_workers('maintained');
CALL pgqrs.maintain();
SELECT count(*) FROM pgqrs.list_workers('maintained');
SELECT count(*) FROM pgqrs.list_messages('maintained') WHERE vt IS NOT NULL;
RESET pgqrs.workers_kept;
SELECT pgqrs.purge_queue('maintained');

-- Purging in small transactions: all of it, only what is old, the archive.
SELECT count(*) FROM pgqrs.enqueue_batch('maintained', array_fill('1'::jsonb, ARRAY[6000]));
UPDATE pgqrs.messages SET enqueued_at = now() - interval '2 h' WHERE queue_id = :q AND id % 2 = 0;
CALL pgqrs.purge('maintained', older_than => '1 h');
CALL pgqrs.purge('maintained', older_than => '1 h');
CALL pgqrs.purge('maintained');
SELECT messages, pending, archived FROM pgqrs.queue_metrics('maintained');
SELECT count(*) FROM pgqrs.enqueue_batch('maintained', '{1,2}');
SELECT count(*) FILTER (WHERE pgqrs.archive('maintained', m.id)) FROM pgqrs.dequeue_batch('maintained', 10) AS m;
CALL pgqrs.purge('maintained', archive => true);
SELECT messages, pending, archived FROM pgqrs.queue_metrics('maintained');

-- Inside of a transaction, and wrong arguments.
BEGIN;
CALL pgqrs.maintain();
ROLLBACK;
BEGIN;
CALL pgqrs.purge('maintained');
ROLLBACK;
CALL pgqrs.maintain('-1 s');
CALL pgqrs.purge('maintained.none');
CALL pgqrs.purge(NULL);
CALL pgqrs.purge('maintained', older_than => '-1 s');
SELECT pgqrs.drop_queue('maintained', true), pgqrs.drop_queue('maintained.dead', true);
SELECT count(*) FROM pgqrs.retention;
