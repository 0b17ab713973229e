-- What dequeue(wait =>) and CALL pgqrs.wait() accept, refuse and answer. (What ends a wait: test/t/waiting.pl.)
\getenv tests PG_ABS_SRCDIR
\set errors :tests /sql/include/errors.sql
\i :errors
SET statement_timeout = '70 s';
SELECT name FROM pgqrs.create_queue('waiting');

-- Wrong waits.
SELECT call, pg_temp.error_of('SELECT pgqrs.' || call)
FROM unnest(ARRAY[
    $$dequeue('waiting', wait => '-1 ms')$$,
    $$dequeue('waiting', wait => '-178000000 years')$$,
    $$dequeue('waiting', wait => '60.001 s')$$,
    $$dequeue('waiting', wait => '178000000 years')$$,
    $$dequeue('none', wait => '1 h')$$,
    $$dequeue('none', wait => '60 s')$$,
    $$dequeue('waiting', worker => -1, wait => '60 s')$$,
    $$dequeue_batch('waiting', 0, wait => '60 s')$$,
    $$dequeue_batch('waiting', 2, wait => '-1 s')$$,
    $$dequeue_batch('waiting', 2, wait => '61 s')$$]) AS call;
SET pgqrs.max_wait = 0;
SELECT pg_temp.error_of($$SELECT pgqrs.dequeue('waiting', wait => '1 ms')$$);
SELECT * FROM pgqrs.dequeue('waiting', wait => '0');
SET pgqrs.max_wait = '10 ms';
SELECT * FROM pgqrs.dequeue('waiting', wait => '10 ms');
RESET pgqrs.max_wait;

-- With one snapshot for all of the transaction there is nothing to wait for.
SELECT pgqrs.enqueue('waiting', '"there"') > 0 AS enqueued;
BEGIN ISOLATION LEVEL REPEATABLE READ;
SELECT pg_temp.error_of($$SELECT pgqrs.dequeue('waiting', wait => '1 s')$$);
SELECT payload FROM pgqrs.dequeue('waiting', wait => '0');
ROLLBACK;
BEGIN ISOLATION LEVEL SERIALIZABLE;
SELECT pg_temp.error_of($$SELECT pgqrs.dequeue_batch('waiting', 2, wait => '1 s')$$);
ROLLBACK;

-- With a message there is nothing to wait for, either. A minute would show.
SELECT clock_timestamp() AS began \gset
CALL pgqrs.wait('waiting', '60 s');
SELECT payload, read_ct FROM pgqrs.dequeue('waiting', '1 h', '60 s');
SELECT count(*) FROM pgqrs.enqueue_batch('waiting', '{1,2,3}');
SELECT payload, read_ct FROM pgqrs.dequeue_batch('waiting', 2, '1 h', '60 s');
SELECT payload, read_ct FROM pgqrs.dequeue_batch('waiting', 2, '1 h', '60 s');
SELECT clock_timestamp() - :'began' < interval '30 s' AS at_once;

-- Without one: no row, and false, not before the time is over.
SELECT clock_timestamp() AS began \gset
SELECT * FROM pgqrs.dequeue('waiting', wait => '30 ms');
SELECT * FROM pgqrs.dequeue_batch('waiting', 2, wait => '30 ms');
CALL pgqrs.wait('waiting', '30 ms');
SELECT clock_timestamp() - :'began' >= interval '90 ms' AS waited;
CALL pgqrs.wait('waiting', '0');
CALL pgqrs.wait('waiting', timeout => '0', ready => true);

-- A message under a lease, a delayed one, one whose deliveries are used up, and a paused queue are not to deliver.
SELECT pgqrs.enqueue('waiting', '"delayed"', '1 h') > 0 AS enqueued;
CALL pgqrs.wait('waiting', '20 ms');
SELECT max_deliveries FROM pgqrs.alter_queue('waiting', max_deliveries => 1);
SELECT payload FROM pgqrs.enqueue('waiting', '"used up"') AS id, pgqrs.dequeue('waiting', vt => '1 ms');
CALL pgqrs.wait('waiting', '20 ms');
SELECT count(*) FROM pgqrs.dequeue('waiting', wait => '20 ms');
SELECT pgqrs.enqueue('waiting', '"paused"') > 0 AS enqueued, pgqrs.pause_queue('waiting');
CALL pgqrs.wait('waiting', '20 ms');
SELECT count(*) FROM pgqrs.dequeue('waiting', wait => '20 ms');
SELECT pgqrs.resume_queue('waiting');
CALL pgqrs.wait('waiting', '20 ms');
SELECT payload FROM pgqrs.dequeue('waiting', wait => '20 ms');

-- Wrong arguments of the procedure. It has no limit but a hundred years.
\set VERBOSITY sqlstate
CALL pgqrs.wait('none', '1 h');
CALL pgqrs.wait('', '1 h');
CALL pgqrs.wait(NULL, '1 h');
CALL pgqrs.wait('waiting', NULL);
CALL pgqrs.wait('waiting', '-1 ms');
CALL pgqrs.wait('waiting', '110 years');
SELECT pgqrs.purge_queue('waiting') >= 6 AS purged, pgqrs.enqueue('waiting', '1') > 0 AS enqueued;
CALL pgqrs.wait('waiting', '100 years');

-- It commits, so it cannot be called where that cannot be.
BEGIN;
CALL pgqrs.wait('waiting', '1 h');
ROLLBACK;
SELECT pg_temp.error_of($$CALL pgqrs.wait('waiting', '1 h')$$);
CREATE FUNCTION pg_temp.waits() RETURNS boolean LANGUAGE plpgsql AS $$ DECLARE ready boolean; BEGIN CALL pgqrs.wait('waiting', '1 h', ready); RETURN ready; END $$;
SELECT pg_temp.waits();
DO $$ DECLARE ready boolean; BEGIN CALL pgqrs.wait('waiting', '1 h', ready); EXCEPTION WHEN division_by_zero THEN NULL; END $$;
\set VERBOSITY default

-- In a DO block and a procedure it goes on in new transactions, with what was done before committed.
CREATE TABLE done (step int, transaction bigint);
CREATE PROCEDURE pg_temp.works() LANGUAGE plpgsql AS $$
DECLARE
    ready boolean;
    step int;
BEGIN
    FOR step IN SELECT generate_series(1, 3) LOOP
        INSERT INTO done VALUES (step, txid_current());
        CALL pgqrs.wait('waiting', '1 ms', ready);
        RAISE NOTICE '% %', step, ready;
        ROLLBACK;
        PERFORM FROM pgqrs.pop('waiting');
    END LOOP;
END
$$;
CALL pg_temp.works();
DO $$ BEGIN INSERT INTO done VALUES (0, txid_current()); CALL pg_temp.works(); END $$;
SELECT array_agg(step ORDER BY transaction, step), count(DISTINCT transaction) FROM done;
DROP TABLE done;

-- Prepared, through a cursor and COPY, in the FROM of a query that calls it several times.
SELECT count(*) FROM pgqrs.enqueue_batch('waiting', '{1,2,3,4,5,6}');
PREPARE waiting AS SELECT payload FROM pgqrs.dequeue($1, wait => $2);
EXECUTE waiting('waiting', '1 s');
EXECUTE waiting('waiting', '1 s');
BEGIN;
DECLARE waiting CURSOR FOR SELECT payload FROM pgqrs.dequeue('waiting', wait => '1 s');
FETCH waiting;
FETCH waiting;
SAVEPOINT s;
DECLARE inside CURSOR FOR SELECT payload FROM generate_series(1, 2) AS n, LATERAL pgqrs.dequeue('waiting', n * interval '1 h', '1 ms');
FETCH ALL inside;
ROLLBACK TO s;
SELECT payload FROM pgqrs.dequeue('waiting', wait => '1 s');
COMMIT;
COPY (SELECT payload FROM pgqrs.dequeue_batch('waiting', 10, wait => '1 s')) TO STDOUT;
COPY (SELECT payload FROM pgqrs.dequeue_batch('waiting', 10, wait => '1 ms')) TO STDOUT;
DEALLOCATE waiting;

SELECT pgqrs.drop_queue('waiting', force => true) >= 0 AS dropped;
