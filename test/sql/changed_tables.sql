-- Somebody changed the tables: an error that names what is wrong, never a crash or another value than was given.
\getenv tests PG_ABS_SRCDIR
\set errors :tests /sql/include/errors.sql
\i :errors
SELECT name FROM pgqrs.create_queue('changed');

-- What enqueue, dequeue and archive do after a change, which is undone. Only SQLSTATEs: the words are the server's.
CREATE FUNCTION pg_temp.after(change text) RETURNS text LANGUAGE plpgsql AS $$
DECLARE
    answer text := '';
    command text;
BEGIN
    BEGIN
        PERFORM pgqrs.enqueue('changed', '{"n": 1}', headers => '{"h": 1}');
        EXECUTE change;
        FOREACH command IN ARRAY ARRAY[
            $c$SELECT 'enqueued' FROM pgqrs.enqueue('changed', '{"n": 2}', headers => '{"h": 2}')$c$,
            $c$SELECT payload::text || headers::text FROM pgqrs.dequeue('changed')$c$,
            $c$SELECT string_agg(pgqrs.archive('changed', id)::text, ' ') FROM (SELECT id FROM pgqrs.messages WHERE queue_id = (SELECT id FROM pgqrs.queues WHERE name = 'changed') ORDER BY id) AS m$c$,
            $c$SELECT string_agg(payload::text || headers::text, ' ' ORDER BY id) FROM pgqrs.archive$c$]
        LOOP
            BEGIN
                EXECUTE command INTO command;
                answer := answer || coalesce(command, 'nothing') || '; ';
            EXCEPTION WHEN OTHERS THEN
                answer := answer || SQLSTATE || '; ';
            END;
        END LOOP;
        RAISE EXCEPTION 'undo';
    EXCEPTION WHEN raise_exception THEN
        RETURN answer;
    END;
END;
$$;
SELECT change, pg_temp.after(change) FROM unnest(ARRAY[
    'SELECT 1',
    'ALTER TABLE pgqrs.messages ALTER delivered_at TYPE text',
    'ALTER TABLE pgqrs.messages ALTER payload TYPE text',
    'ALTER TABLE pgqrs.messages ALTER payload TYPE json',
    'ALTER TABLE pgqrs.messages ALTER headers TYPE text',
    'ALTER TABLE pgqrs.messages ALTER worker_id TYPE text',
    'ALTER TABLE pgqrs.messages ALTER read_ct TYPE bigint',
    'ALTER TABLE pgqrs.messages RENAME headers TO hdr',
    'ALTER TABLE pgqrs.archive ALTER payload TYPE text',
    'ALTER TABLE pgqrs.archive ALTER outcome DROP DEFAULT, ALTER outcome TYPE text',
    'ALTER TABLE pgqrs.messages ADD dropped int; ALTER TABLE pgqrs.messages DROP dropped']) AS change;

-- The index that is walked must be the order of delivery.
SELECT change, pg_temp.after('DROP INDEX pgqrs.messages_delivery_order; CREATE INDEX messages_delivery_order ON ' || change) FROM unnest(ARRAY[
    'pgqrs.messages (queue_id, priority, available_at, id)',
    'pgqrs.messages (queue_id, priority, payload, id)',
    'pgqrs.messages (queue_id, priority, available_at)',
    'pgqrs.messages (queue_id, priority, available_at DESC, id)',
    'pgqrs.messages (queue_id, priority, available_at, id) WHERE queue_id < 0',
    'pgqrs.messages USING hash (queue_id)',
    'pgqrs.archive (queue_id, priority, available_at, id)']) AS change;

-- The type of a result.
SELECT pg_temp.after('ALTER TYPE pgqrs.message ALTER ATTRIBUTE payload TYPE text');

-- A column that came and went leaves the row of a queue as it was.
BEGIN;
ALTER TABLE pgqrs.queues ADD extra int;
ALTER TABLE pgqrs.queues DROP extra;
SELECT name FROM pgqrs.get_queue('changed');
SELECT description FROM pgqrs.alter_queue('changed', description => 'as it was');
SELECT name FROM pgqrs.create_queue('changed.too');
SELECT * FROM pgqrs.verify();
ROLLBACK;

-- Messages without their queue are found.
SET check_function_bodies = off;
BEGIN;
INSERT INTO pgqrs.messages (queue_id, payload) VALUES (-7, '1'), (-7, '2');
SELECT * FROM pgqrs.verify();
ROLLBACK;
RESET check_function_bodies;

SELECT pgqrs.drop_queue('changed', true);
