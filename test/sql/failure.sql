-- A delivery that fails comes back after a back-off, until its attempts are used up; what went wrong is kept.
\getenv tests PG_ABS_SRCDIR
\set errors :tests /sql/include/errors.sql
\i :errors
SELECT max_attempts, backoff, backoff_base, backoff_cap, backoff_jitter, dead_letter_queue, expires_after
FROM pgqrs.create_queue('failure');
SELECT max_attempts, backoff, backoff_base, backoff_cap, backoff_jitter
FROM pgqrs.alter_queue('failure', max_attempts => 4, backoff_jitter => 0);

-- The wait doubles from one failure to the next. The clock of the test jumps over it.
CREATE FUNCTION pg_temp.fail(OUT result pgqrs.failure_result, OUT attempt smallint, OUT wait interval, id bigint, error text)
    LANGUAGE sql AS $$
    SELECT f.result, f.attempt, date_trunc('second', f.available_at - m.delivered_at)
    FROM pgqrs.messages AS m, pgqrs.fail('failure', id, error) AS f
    WHERE m.id = fail.id
$$;
SELECT pgqrs.enqueue('failure', '{"n": 1}') AS id \gset
SELECT read_ct, attempt FROM pgqrs.dequeue('failure');
SELECT * FROM pg_temp.fail(:id, 'first');
SELECT delayed, in_flight, pending FROM pgqrs.queue_metrics('failure');
SELECT count(*) FROM pgqrs.dequeue('failure');
SET pgqrs.clock_offset = '1100 ms';
SELECT read_ct, attempt FROM pgqrs.dequeue('failure');
SELECT * FROM pg_temp.fail(:id, 'second');
SET pgqrs.clock_offset = '2500 ms';
SELECT count(*) FROM pgqrs.dequeue('failure');
SET pgqrs.clock_offset = '3500 ms';
SELECT read_ct, attempt FROM pgqrs.dequeue('failure');
SELECT * FROM pg_temp.fail(:id, 'third');
SET pgqrs.clock_offset = '10 s';
SELECT read_ct, attempt FROM pgqrs.dequeue('failure');
SELECT result, attempt, available_at FROM pgqrs.fail('failure', :id, 'fourth', read_ct => 4);
RESET pgqrs.clock_offset;
SELECT read_ct, attempt, outcome FROM pgqrs.get_archived('failure', :id);
SELECT queue, read_ct, attempt, died, worker_id, worker, error FROM pgqrs.list_failures('failure', :id);
SELECT messages, archived, total_enqueued, total_finished FROM pgqrs.queue_metrics('failure');

-- What is lost: no message, no lease, an older delivery, a second time, after the archive.
SELECT * FROM pgqrs.fail('failure', :id, 'e');
SELECT * FROM pgqrs.fail('failure', -1, 'e');
SELECT pgqrs.enqueue('failure', '{"n": 2}') AS id \gset
SELECT result FROM pgqrs.fail('failure', :id, 'never delivered');
SELECT read_ct FROM pgqrs.dequeue('failure');
SELECT result FROM pgqrs.fail('failure', :id, 'not mine', read_ct => 0);
SELECT result FROM pgqrs.fail('failure', :id, 'not mine', read_ct => 2);
SELECT result FROM pgqrs.fail('failure', :id, 'not mine', read_ct => 5000000000);
SELECT result FROM pgqrs.fail('failure', :id, 'mine', read_ct => 1);
SELECT result FROM pgqrs.fail('failure', :id, 'twice', read_ct => 1);
SELECT count(*) FROM pgqrs.list_failures('failure', :id);
-- A lease that ran out is the worker's until somebody else gets the message.
SELECT pgqrs.release('failure', :id);
SELECT read_ct FROM pgqrs.dequeue('failure', vt => '1 ms');
SELECT pg_sleep(0.01);
SELECT result, attempt FROM pgqrs.fail('failure', :id, 'late', read_ct => 2);

-- Released deliveries are no attempts, and failures do not count against max_deliveries.
SELECT max_deliveries FROM pgqrs.alter_queue('failure', max_deliveries => 1);
SELECT pgqrs.release('failure', :id);
SELECT read_ct, attempt FROM pgqrs.dequeue('failure');
SELECT pgqrs.release('failure', :id, read_ct => 3);
SELECT read_ct, attempt FROM pgqrs.dequeue('failure');
SELECT result, attempt FROM pgqrs.fail('failure', :id, 'e', delay => '0');
SELECT read_ct, attempt FROM pgqrs.dequeue('failure');
SELECT result, attempt FROM pgqrs.fail('failure', :id, 'give up', retry => false);
SELECT outcome, attempt, read_ct FROM pgqrs.get_archived('failure', :id);
SELECT max_deliveries FROM pgqrs.alter_queue('failure', max_deliveries => 0);

-- A delay of the caller, the own number of attempts of a message, and no limit.
SELECT id FROM pgqrs.enqueue_job('failure', '{"n": 3}', max_attempts => 1) \gset
SELECT read_ct FROM pgqrs.dequeue('failure');
SELECT result, attempt FROM pgqrs.fail('failure', :id, 'e');
SELECT id FROM pgqrs.enqueue_job('failure', '{"n": 4}', max_attempts => 0) \gset
SELECT read_ct FROM pgqrs.dequeue('failure');
UPDATE pgqrs.messages SET attempt = 32766 WHERE id = :id;
SELECT result, attempt, available_at - clock_timestamp() BETWEEN '59 min' AND '1 h' AS capped FROM pgqrs.fail('failure', :id, 'e');
SELECT pgqrs.release('failure', :id);
SELECT attempt FROM pgqrs.dequeue('failure');
SELECT result, attempt, date_trunc('minute', available_at - clock_timestamp() + '1 s') AS wait
FROM pgqrs.fail('failure', :id, 'e', delay => '1 day');
SELECT pgqrs.delete('failure', :id);

-- Batches: a row for each id in the caller's order, one error for all or one for each.
SELECT count(*) FROM pgqrs.enqueue_batch('failure', '{1,2,3}');
SELECT array_agg(id ORDER BY id) AS ids FROM pgqrs.dequeue_batch('failure', 3) \gset
SELECT f.id = ((:'ids')::bigint[])[place] AS in_order, result, attempt
FROM pgqrs.fail_batch('failure', (:'ids')::bigint[], '{same}') WITH ORDINALITY AS f (id, result, attempt, available_at, place);
SELECT pgqrs.release_batch('failure', (:'ids')::bigint[]) IS NOT NULL AS released;
SELECT count(*) FROM pgqrs.dequeue_batch('failure', 3);
SELECT result, attempt FROM pgqrs.fail_batch('failure', (SELECT array_agg(i ORDER BY i DESC) || '{-5}' || min(i) FROM unnest((:'ids')::bigint[]) AS i),
    '{c,b,a,none,again}', read_cts => '{2,2,1,1,2}', retry => false);
SELECT payload, outcome, error FROM pgqrs.list_archive('failure') AS a, pgqrs.list_failures('failure', a.id) AS f WHERE f.died AND a.id = ANY ((:'ids')::bigint[]) ORDER BY a.id;
SELECT pg_temp.error_of($$SELECT pgqrs.fail_batch('failure', '{1,2}', '{a,b,c}')$$);
SELECT pg_temp.error_of($$SELECT pgqrs.fail_batch('failure', '{1,2}', '{a,NULL}')$$);
SELECT pg_temp.error_of($$SELECT pgqrs.fail_batch('failure', '{1,NULL}', '{a}')$$);
SELECT pg_temp.error_of($$SELECT pgqrs.fail_batch('failure', '{1,2}', '{a}', '{1}')$$);
SELECT pg_temp.error_of($$SELECT pgqrs.fail_batch('failure', '{1,2}', '{}')$$);
SELECT count(*) FROM pgqrs.fail_batch('failure', '{}', '{a}');

-- The last failures are kept, texts are cut between characters.
SET pgqrs.failures_kept = 2;
SELECT pgqrs.purge_queue('failure');
SELECT max_attempts FROM pgqrs.alter_queue('failure', max_attempts => 0);
SELECT pgqrs.enqueue('failure', '{"n": 5}') AS id \gset
DO $$
BEGIN
    FOR i IN 1..4 LOOP
        PERFORM pgqrs.fail('failure', id, 'failure ' || i, delay => '0') FROM pgqrs.dequeue('failure');
    END LOOP;
END
$$;
SELECT attempt, error FROM pgqrs.list_failures('failure', :id);
RESET pgqrs.failures_kept;
SELECT result FROM pgqrs.dequeue('failure') AS m, pgqrs.fail('failure', m.id, repeat('ä', 500000), delay => '0');
SELECT attempt, octet_length(error) < 11000 AS short, right(error, 30) FROM pgqrs.list_failures('failure', :id);
SELECT result FROM pgqrs.dequeue('failure') AS m, pgqrs.fail('failure', m.id, '', delay => '0');
SELECT pg_temp.error_of(format($$SELECT pgqrs.fail('failure', %s, NULL)$$, :id));
SELECT pg_temp.error_of(format($$SELECT pgqrs.fail('failure', NULL, 'e')$$, :id));
SELECT pg_temp.error_of(format($$SELECT pgqrs.fail('failure', %s, 'e', delay => '-1 s')$$, :id));
SELECT pg_temp.error_of(format($$SELECT pgqrs.fail('failure', %s, 'e', delay => '100 years')$$, :id));

-- The worker is part of the history, also when it is gone.
SELECT pgqrs.register_worker('failure', 'w') AS worker \gset
SELECT attempt FROM pgqrs.dequeue('failure', worker => :worker);
SELECT result FROM pgqrs.fail('failure', :id, 'by w');
SELECT worker_id = :worker AS same, worker FROM pgqrs.list_failures('failure', :id) ORDER BY id DESC LIMIT 1;
SELECT pgqrs.delete_worker(:worker);
SELECT worker_id = :worker AS same, worker FROM pgqrs.list_failures('failure', :id) ORDER BY id DESC LIMIT 1;

-- A rollback takes the failure back.
SELECT pgqrs.release('failure', :id);
BEGIN;
SELECT read_ct AS before FROM pgqrs.dequeue('failure') \gset
SELECT result FROM pgqrs.fail('failure', :id, 'rolled back', retry => false);
ROLLBACK;
SELECT read_ct = :before AS same FROM pgqrs.dequeue('failure');
SELECT count(*) FROM pgqrs.list_failures('failure', :id) WHERE error = 'rolled back';

-- The message of another queue has no failures here.
SELECT name FROM pgqrs.create_queue('failure.other');
SELECT count(*) FROM pgqrs.list_failures('failure.other', :id);

-- Settings that make no sense.
SELECT setting, pg_temp.error_of(format($$SELECT pgqrs.alter_queue('failure', %s)$$, setting))
FROM unnest(ARRAY['max_attempts => -1', 'max_attempts => 32768', 'backoff => ''random''', 'backoff => ''''', 'backoff_base => ''-1 s''',
    'backoff_base => ''2 h''', 'backoff_cap => ''0.5 s''', 'backoff_cap => ''400 days''', 'backoff_jitter => -0.1', 'backoff_jitter => 1.5',
    'backoff_jitter => ''NaN''', 'expires_after => ''-1 s''', 'expires_after => ''400 days''']) AS setting;
SELECT setting, pg_temp.error_of(format($$SELECT pgqrs.create_queue('failure.new', %s)$$, setting))
FROM unnest(ARRAY['max_attempts => -1', 'backoff => ''random''', 'backoff_base => ''2 h''', 'backoff_jitter => 2']) AS setting;
SELECT backoff, backoff_base, backoff_cap FROM pgqrs.alter_queue('failure', backoff => 'fixed', backoff_base => '0', backoff_cap => '0');
SELECT pg_temp.error_of($$SELECT pgqrs.enqueue_job('failure', '1', max_attempts => -1)$$);
SELECT pg_temp.error_of($$SELECT pgqrs.enqueue_job('failure', '1', expires_after => '0')$$);
SELECT pg_temp.error_of($$SELECT pgqrs.enqueue_job('failure', '1', expires_after => '-1 s')$$);
SELECT pgqrs.drop_queue('failure', true), pgqrs.drop_queue('failure.other');
SELECT f.error FROM pgqrs.failures AS f WHERE NOT EXISTS (
    SELECT FROM pgqrs.queues AS q WHERE q.id = f.queue_id);
