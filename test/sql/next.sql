-- next finishes what is done and delivers the next messages in one call; a lost lease costs no delivery.
\getenv tests PG_ABS_SRCDIR
\set errors :tests /sql/include/errors.sql
\i :errors
SELECT id AS q FROM pgqrs.create_queue('next') \gset
SELECT id AS other FROM pgqrs.create_queue('next.other') \gset

-- A queue with five messages whose ids are known as :a to :e.
CREATE PROCEDURE pg_temp.fill() LANGUAGE sql AS $$
    SELECT pgqrs.purge_queue('next'), pgqrs.purge_archive('next', '0');
    SELECT pgqrs.enqueue_batch('next', '{1,2,3,4,5}', headers => ARRAY['{"h": 1}', NULL, NULL, NULL, NULL]::jsonb[]);
$$;
\set ids 'SELECT min(id) AS a, min(id) + 1 AS b, min(id) + 2 AS c, max(id) AS e FROM pgqrs.messages WHERE queue_id = :q'

-- With nothing to finish it is dequeue.
CALL pg_temp.fill();
:ids \gset
SELECT id = :a AS first, queue, payload, headers, priority, read_ct, enqueued_at = available_at AS times,
    vt - clock_timestamp() BETWEEN '29 s' AND '30 s' AS standard, worker_id, lost
FROM pgqrs.next('next');
SELECT payload, read_ct, vt - clock_timestamp() > '59 min' AS longer, lost
FROM pgqrs.next('next', '{}', '{}', vt => '1 h');
SELECT payload, read_ct, lost FROM pgqrs.next('next', qty => 2);

-- The loop of a worker: each call finishes one message and takes the next; the last finds none.
CALL pg_temp.fill();
CREATE FUNCTION pg_temp.work() RETURNS SETOF jsonb LANGUAGE plpgsql AS $$
DECLARE
    m pgqrs.next_message;
BEGIN
    SELECT * INTO m FROM pgqrs.next('next');
    WHILE m.id IS NOT NULL LOOP
        RETURN NEXT m.payload;
        SELECT * INTO m FROM pgqrs.next('next', ARRAY[m.id], ARRAY[m.read_ct]);
    END LOOP;
END $$;
SELECT * FROM pg_temp.work();
SELECT payload, read_ct, outcome, processing_duration < '1 h' AS duration FROM pgqrs.list_archive('next');
SELECT messages, archived, total_finished - archived AS others FROM pgqrs.queue_metrics('next');

-- Several are finished, several are delivered. What is lost comes first, in the order of done, with the id alone.
CALL pg_temp.fill();
:ids \gset
SELECT payload FROM pgqrs.next('next', qty => 3);
SELECT id - :a AS nth, queue, payload, headers, priority, read_ct, enqueued_at, available_at, vt, worker_id, lost
FROM pgqrs.next('next', ARRAY[:e + 1000000, :c, :a, :c, :a - 10, :b], ARRAY[1, 1, 7, 1, 1, 1], 1)
WHERE lost;
SELECT n, id - :a AS nth, payload, lost
FROM pgqrs.next('next', ARRAY[:c, :a, :b], ARRAY[1, 1, 2], 5) WITH ORDINALITY AS r
    (id, queue, payload, headers, priority, read_ct, attempt, enqueued_at, available_at, vt, worker_id, lost, n);
SELECT payload FROM pgqrs.list_archive('next') ORDER BY payload;

-- What is finished is not delivered, with a lease or without. Without read_cts there is no fence.
CALL pg_temp.fill();
:ids \gset
SELECT payload, lost FROM pgqrs.next('next', ARRAY[:a, :c], qty => 1);
SELECT payload, lost FROM pgqrs.next('next', ARRAY[:b], qty => 5);
SELECT payload, read_ct FROM pgqrs.list_archive('next') ORDER BY payload;

-- A message whose lease ran out and that nobody took is finished. One that was taken can come again.
CALL pg_temp.fill();
:ids \gset
SELECT payload, read_ct FROM pgqrs.next('next', qty => 2);
SET pgqrs.clock_offset = '31 s';
SELECT payload, read_ct FROM pgqrs.dequeue('next');
SET pgqrs.clock_offset = '62 s';
SELECT id - :a AS nth, payload, read_ct, lost FROM pgqrs.next('next', ARRAY[:b, :a], ARRAY[1, 1]);
SELECT payload, read_ct FROM pgqrs.list_archive('next');

-- A paused queue finishes messages and delivers none.
SELECT pgqrs.pause_queue('next');
SELECT id - :a AS nth, lost FROM pgqrs.next('next', ARRAY[:a, :b], ARRAY[3, 1], 5);
SELECT count(*) FROM pgqrs.next('next');
SELECT payload, read_ct FROM pgqrs.list_archive('next') ORDER BY payload;
SELECT pgqrs.resume_queue('next'), pgqrs.purge_archive('next', '0');
RESET pgqrs.clock_offset;

-- A rollback undoes both.
CALL pg_temp.fill();
:ids \gset
SELECT payload FROM pgqrs.next('next');
BEGIN;
SELECT payload, lost FROM pgqrs.next('next', ARRAY[:a], ARRAY[1]);
ROLLBACK;
SELECT payload, read_ct, vt IS NOT NULL AS leased FROM pgqrs.list_messages('next', qty => 2);
SELECT pgqrs.count_archive('next');
BEGIN;
SAVEPOINT s;
SELECT payload, lost FROM pgqrs.next('next', ARRAY[:a], ARRAY[1]);
ROLLBACK TO s;
SELECT payload, lost FROM pgqrs.next('next', ARRAY[:a], ARRAY[1], qty => 2);
COMMIT;
SELECT payload, read_ct, vt IS NOT NULL AS leased FROM pgqrs.list_messages('next', qty => 3);
SELECT payload FROM pgqrs.list_archive('next');

-- In the transaction that enqueued them, and with one snapshot.
BEGIN ISOLATION LEVEL REPEATABLE READ;
SELECT pgqrs.enqueue('next', '"own"', priority => 0) AS own \gset
SELECT payload FROM pgqrs.next('next');
SELECT payload, lost FROM pgqrs.next('next', ARRAY[:own], ARRAY[1]);
COMMIT;

-- Messages of another queue are lost ones.
SELECT pgqrs.enqueue('next.other', '"other"') AS id \gset
SELECT id = :id AS other, lost FROM pgqrs.next('next', ARRAY[:id]) WHERE lost;
SELECT payload FROM pgqrs.next('next.other');

-- With something to finish it does not wait, however long `wait` is: this would take a minute for each.
SELECT pgqrs.purge_queue('next.other');
SELECT pgqrs.enqueue('next.other', '1') AS id \gset
SET statement_timeout = '30 s';
SELECT * FROM pgqrs.next('next.other', ARRAY[:id], wait => '1 min');
SELECT id = :id AS id, lost FROM pgqrs.next('next.other', ARRAY[:id], wait => '1 min');
RESET statement_timeout;
-- Otherwise it does.
SELECT * FROM pgqrs.next('next.other', wait => '1 ms');
SELECT pgqrs.enqueue('next.other', '"late"', '20 ms') > 0 AS enqueued;
SELECT payload, lost FROM pgqrs.next('next.other', wait => '1 min');

-- A worker gets the messages.
SELECT pgqrs.register_worker('next', 'w') AS worker \gset
CALL pg_temp.fill();
:ids \gset
SELECT payload, worker_id = :worker AS own FROM pgqrs.next('next', worker => :worker);
SELECT payload, worker_id = :worker AS own, lost FROM pgqrs.next('next', ARRAY[:a], ARRAY[1], worker => :worker);
SELECT payload, worker_id = :worker AS own FROM pgqrs.list_archive('next');
SELECT replace(pg_temp.error_of(format($$SELECT pgqrs.next('next.other', worker => %s)$$, :worker)), :'worker', 'N');

-- Wrong arguments change nothing.
SELECT args, pg_temp.error_of(format('SELECT pgqrs.next(''next'', %s)', args))
FROM unnest(ARRAY['''{1,NULL}''', '''{{1},{2}}''', 'array_fill(1::bigint, ARRAY[10001])', '''{1,2}'', ''{1}''',
    '''{1,2}'', ''{}''', '''{1,2}'', ''{1,NULL}''', 'read_cts => ''{1}''', 'qty => 0', 'qty => 10001', 'vt => ''0''',
    'wait => ''-1 s''', 'wait => ''1 h''', 'worker => -1']) AS args;
SELECT what, pg_temp.error_of(format('SELECT pgqrs.next(''next'', ARRAY[%s::bigint], %s)', :b, what))
FROM unnest(ARRAY['ARRAY[NULL::bigint]', 'qty => 0', 'qty => 10001', 'vt => ''0''', 'wait => ''1 h''',
    'worker => -1']) AS what;
SELECT pg_temp.error_of($$SELECT pgqrs.next('next.none')$$),
    pg_temp.error_of($$SELECT pgqrs.next('next.none', '{1}')$$) AS finishing;
BEGIN ISOLATION LEVEL REPEATABLE READ;
SELECT pg_temp.error_of($$SELECT pgqrs.next('next', wait => '1 s')$$);
COMMIT;
SELECT payload, read_ct FROM pgqrs.list_messages('next');

SELECT pgqrs.drop_queue('next', force => true), pgqrs.drop_queue('next.other', force => true);
