-- A queue with max_messages takes no more from producers, whatever is in it and whatever their transaction did before.
\getenv tests PG_ABS_SRCDIR
\set errors :tests /sql/include/errors.sql
\i :errors
SELECT max_messages FROM pgqrs.create_queue('full', max_messages => 3, max_attempts => 1);
CREATE FUNCTION pg_temp.add(messages int DEFAULT 1) RETURNS text
    LANGUAGE sql
    AS $$SELECT pg_temp.error_of(format(
        'SELECT pgqrs.enqueue_batch(''full'', array_fill(''1''::jsonb, ARRAY[%s]))', messages))$$;

-- Every message counts: waiting, delayed, in flight.
SELECT pgqrs.enqueue('full', '1') > 0, pgqrs.enqueue('full', '2', delay => '1 h') > 0;
SELECT read_ct FROM pgqrs.dequeue('full');
SELECT pg_temp.add(2);
SELECT pg_temp.add();
SELECT pg_temp.add();
SELECT pg_temp.error_of($$SELECT pgqrs.enqueue_at('full', '1', now() + '1 h')$$);
SELECT pg_temp.error_of($$SELECT pgqrs.enqueue_job('full', '1')$$);

-- What leaves makes room.
SELECT pgqrs.archive('full', id) FROM pgqrs.list_messages('full') WHERE read_ct = 1;
SELECT pg_temp.add();
SELECT pg_temp.add();

-- What a transaction deletes makes room for itself at once, but not what it rolls back.
BEGIN;
SELECT count(*) FROM pgqrs.pop('full');
SELECT pg_temp.add();
SELECT pg_temp.add();
ROLLBACK;
BEGIN;
SAVEPOINT popped;
SELECT count(*) FROM pgqrs.pop('full');
ROLLBACK TO popped;
SELECT pg_temp.add();
ROLLBACK;

-- A rollback to a savepoint gives room back at once, and so does an error.
SELECT count(*) FROM pgqrs.pop('full');
BEGIN;
SAVEPOINT before;
SELECT pgqrs.enqueue('full', '1') > 0;
ROLLBACK TO before;
SELECT pgqrs.enqueue('full', '1') > 0;
ROLLBACK;
DO $$
BEGIN
    FOR i IN 1..10 LOOP
        BEGIN
            PERFORM pgqrs.enqueue('full', '1');
            RAISE division_by_zero;
        EXCEPTION WHEN division_by_zero THEN
        END;
    END LOOP;
END
$$;
SELECT pg_temp.add();
SELECT pg_temp.add();

-- REPEATABLE READ counts what there is now.
SELECT pgqrs.purge_queue('full');
BEGIN ISOLATION LEVEL REPEATABLE READ;
SELECT pg_temp.add(3);
SELECT split_part(pg_temp.add(), ' | ', 1);
COMMIT;

-- What the engine moves here counts, and is not refused.
SELECT name FROM pgqrs.create_queue('source', dead_letter_queue => 'full', max_attempts => 1);
SELECT pgqrs.enqueue('source', '1') > 0;
SELECT f.result FROM pgqrs.dequeue('source') AS m, pgqrs.fail('source', m.id, 'dead') AS f;
SELECT count(*) FROM pgqrs.list_messages('full');
SELECT split_part(pg_temp.add(), ' | ', 1);

-- Changing it.
SELECT max_messages FROM pgqrs.alter_queue('full', max_messages => 5);
SELECT pg_temp.add();
SELECT max_messages FROM pgqrs.alter_queue('full', max_messages => 2);
SELECT split_part(pg_temp.add(), ' | ', 1);
BEGIN;
SELECT count(*) FROM pgqrs.pop('full');
SELECT pg_temp.add();
ROLLBACK;
SELECT max_messages IS NULL FROM pgqrs.alter_queue('full', max_messages => 0);
SELECT pg_temp.add(10);

-- Rows inserted by hand are not refused, and count.
SELECT max_messages FROM pgqrs.alter_queue('full', max_messages => 16);
INSERT INTO pgqrs.messages (queue_id, payload) SELECT id, '1' FROM pgqrs.queues WHERE name = 'full';
SELECT pg_temp.add();

-- More than a thousand.
SELECT max_messages FROM pgqrs.alter_queue('full', max_messages => 2000);
SELECT pgqrs.purge_queue('full');
SELECT pg_temp.add(1500);
SELECT pg_temp.add(500);
SELECT pg_temp.add();

-- What cannot be.
SELECT pg_temp.error_of($$SELECT pgqrs.create_queue('none', max_messages => 0)$$);
SELECT pg_temp.error_of($$SELECT pgqrs.alter_queue('full', max_messages => -1)$$);
SELECT pg_temp.error_of($$SELECT pgqrs.create_queue('none', enqueue_rate => 0)$$);
SELECT pg_temp.error_of($$SELECT pgqrs.create_queue('none', enqueue_rate => 'NaN')$$);
SELECT pg_temp.error_of($$SELECT pgqrs.create_queue('none', enqueue_burst => 0)$$);
SELECT split_part(pg_temp.error_of($$UPDATE pgqrs.queues SET max_messages = 0$$), ' | ', 1);
SELECT split_part(pg_temp.error_of($$UPDATE pgqrs.queues SET enqueue_rate = 'NaN'$$), ' | ', 1);

SELECT pgqrs.drop_queue('source', true), pgqrs.drop_queue('full', true);
