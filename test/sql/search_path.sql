-- Functions mean what they say whatever the caller's search_path holds, and leave it as it is.
\getenv tests PG_ABS_SRCDIR
\set errors :tests /sql/include/errors.sql
\i :errors
SELECT name FROM pgqrs.create_queue('search_path.a');
SELECT name FROM pgqrs.create_queue('search_path.b');
SELECT count(*) FROM pgqrs.enqueue_batch('search_path.a', '{1,2,3}');
SELECT count(*) FROM pgqrs.enqueue_batch('search_path.b', '{4,5}');

-- An "=" that is always true, a clock that has stopped, and tables in the way.
CREATE SCHEMA evil;
CREATE FUNCTION evil.always(int, int) RETURNS boolean LANGUAGE sql IMMUTABLE AS 'SELECT true';
CREATE FUNCTION evil.always(text, text) RETURNS boolean LANGUAGE sql IMMUTABLE AS 'SELECT true';
CREATE FUNCTION evil.clock_timestamp() RETURNS timestamptz LANGUAGE sql AS $$SELECT '2000-01-01'::timestamptz$$;
CREATE FUNCTION evil.count(bigint) RETURNS bigint LANGUAGE sql AS 'SELECT 4711::bigint';
CREATE OPERATOR evil.= (LEFTARG = int, RIGHTARG = int, FUNCTION = evil.always);
CREATE OPERATOR evil.= (LEFTARG = text, RIGHTARG = text, FUNCTION = evil.always);
CREATE TABLE evil.queues (name text);
CREATE TABLE evil.pg_class (oid oid);

-- In a session of its own: nothing is compiled yet.
\c
\i :errors
SET search_path = evil, pg_catalog;
SELECT pgqrs.pause_queue('search_path.a');
SELECT payload FROM pgqrs.dequeue('search_path.a');
SELECT payload FROM pgqrs.dequeue('search_path.b');
SELECT pgqrs.purge_queue('search_path.a');
SELECT pgqrs.count_messages('search_path.a') AS a, pgqrs.count_messages('search_path.b') AS b;
SELECT (pgqrs.register_worker('search_path.b', 'w') IS NOT NULL) AS registered;
SELECT pgqrs.count_workers('search_path.b') AS workers;
SELECT name, visibility_timeout FROM pgqrs.alter_queue('search_path.a', '9 s');
SELECT pg_catalog.date_part('year', (pgqrs.create_queue('search_path.c')).created_at) OPERATOR(pg_catalog.>) 2020 AS now;
SELECT pgqrs.drop_queue('search_path.c');
SELECT pg_catalog.date_part('year', enqueued_at) OPERATOR(pg_catalog.>) 2020 AS now FROM pgqrs.peek('search_path.b', 1);
SELECT * FROM pgqrs.verify();
SHOW search_path;
SELECT pgqrs.archive('search_path.a', NULL);
SHOW search_path;
SELECT pgqrs.get_queue('search_path.none');
SHOW search_path;
SELECT pg_temp.error_of($$SELECT pgqrs.drop_queue('search_path.b')$$);
SHOW search_path;

-- The others are untouched.
RESET search_path;
SELECT name, visibility_timeout, paused_at IS NOT NULL AS paused FROM pgqrs.list_queues() WHERE name LIKE 'search_path.%' ORDER BY 1;
SELECT payload, read_ct FROM pgqrs.list_messages('search_path.b');

-- A trigger of the user runs with the path of the user.
CREATE FUNCTION evil.show_path() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    RAISE NOTICE 'search_path: %', current_setting('search_path');
    RETURN NULL;
END
$$;
CREATE TRIGGER search_path AFTER INSERT OR UPDATE OR DELETE ON pgqrs.messages FOR EACH ROW EXECUTE FUNCTION evil.show_path();
SET search_path = evil, public;
SELECT pgqrs.enqueue('search_path.b', '6') > 0 AS enqueued;
SELECT payload FROM pgqrs.dequeue('search_path.b');
SELECT payload FROM pgqrs.pop('search_path.b');
SELECT pgqrs.purge_queue('search_path.b');
RESET search_path;
DROP TRIGGER search_path ON pgqrs.messages;

\set VERBOSITY terse
SET client_min_messages = warning;
DROP SCHEMA evil CASCADE;
SELECT pgqrs.drop_queue('search_path.a', true), pgqrs.drop_queue('search_path.b', true);

-- A trigger still sees the caller's schemas, even when pg_catalog comes behind them.
SELECT name FROM pgqrs.create_queue('search_path');
CREATE SCHEMA mine
    CREATE TABLE log (what text);
CREATE FUNCTION mine.note() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    INSERT INTO log VALUES (TG_OP);
    RETURN NULL;
END
$$;
CREATE TRIGGER note AFTER INSERT OR UPDATE OR DELETE ON pgqrs.messages FOR EACH ROW EXECUTE FUNCTION mine.note();
SET search_path = mine, pg_catalog;
SELECT pgqrs.enqueue('search_path', '1') > 0 AS enqueued;
SELECT payload FROM pgqrs.dequeue('search_path');
SELECT pgqrs.purge_queue('search_path');
SHOW search_path;
RESET search_path;
SELECT what FROM mine.log;
DROP TRIGGER note ON pgqrs.messages;
DROP FUNCTION mine.note();
DROP TABLE mine.log;
DROP SCHEMA mine;
SELECT pgqrs.drop_queue('search_path');
