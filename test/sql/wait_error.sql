-- An error while dequeue waits ends like any other: caught, only the block is undone; not caught, the transaction, and the session goes on.
\set VERBOSITY sqlstate
SELECT name FROM pgqrs.create_queue('wait_error');
CREATE TABLE log (entry text);

-- An error of pgqrs, in autocommit and in a transaction.
SELECT pgqrs.dequeue('none', wait => '1 s');
SELECT 'goes on';
BEGIN;
INSERT INTO log VALUES ('before');
SAVEPOINT s;
SELECT pgqrs.dequeue('none', wait => '1 s');
ROLLBACK TO s;
INSERT INTO log VALUES ('after');
COMMIT;
TABLE log;

-- Caught: what came before is kept, and the block's own work is not.
TRUNCATE log;
DO $$
BEGIN
    INSERT INTO log VALUES ('before');
    FOR i IN 1..3 LOOP
        BEGIN
            INSERT INTO log VALUES ('undone');
            PERFORM pgqrs.dequeue('none', wait => '1 s');
        EXCEPTION WHEN SQLSTATE 'PQ002' THEN
            INSERT INTO log VALUES ('caught ' || SQLERRM);
        END;
    END LOOP;
    INSERT INTO log VALUES ('after');
END
$$;
TABLE log;

-- An error of somebody else's trigger: with all it says.
TRUNCATE log;
CREATE FUNCTION pg_temp.refuse() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN RAISE EXCEPTION 'refused %', repeat('x', 2000) USING ERRCODE = 'XY001', DETAIL = 'the detail', HINT = 'the hint'; END $$;
CREATE TRIGGER refuse BEFORE UPDATE ON pgqrs.messages FOR EACH ROW EXECUTE FUNCTION pg_temp.refuse();
SELECT pgqrs.enqueue('wait_error', '1') > 0 AS enqueued;
SELECT pgqrs.dequeue('wait_error', wait => '1 s');
DO $$
DECLARE
    detail text;
    hint text;
BEGIN
    PERFORM pgqrs.dequeue('wait_error', wait => '1 s');
EXCEPTION WHEN SQLSTATE 'XY001' THEN
    GET STACKED DIAGNOSTICS detail = PG_EXCEPTION_DETAIL, hint = PG_EXCEPTION_HINT;
    INSERT INTO log VALUES (format('%s characters, %s, %s', length(SQLERRM), detail, hint));
END
$$;
DROP TRIGGER refuse ON pgqrs.messages;
TABLE log;

-- A cancel while it sleeps, caught.
TRUNCATE log;
SET statement_timeout = '300 ms';
DO $$
BEGIN
    INSERT INTO log VALUES ('before');
    BEGIN
        PERFORM pgqrs.pop('wait_error');
        PERFORM pgqrs.dequeue('wait_error', wait => '60 s');
    EXCEPTION WHEN query_canceled THEN
        INSERT INTO log VALUES ('canceled');
    END;
END
$$;
RESET statement_timeout;
TABLE log;
SELECT payload, read_ct FROM pgqrs.dequeue('wait_error', wait => '60 s');

DROP TABLE log;
SELECT pgqrs.drop_queue('wait_error', force => true);
