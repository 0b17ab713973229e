-- The batch forms answer one row an id, in the order of the ids, and do of each what the single form does.
\getenv tests PG_ABS_SRCDIR
\set errors :tests /sql/include/errors.sql
\i :errors
SELECT id AS q FROM pgqrs.create_queue('finish_batch') \gset

-- A queue with five messages in flight whose ids are known as :a to :e.
CREATE PROCEDURE pg_temp.fill() LANGUAGE sql AS $$
    SELECT pgqrs.purge_queue('finish_batch');
    SELECT pgqrs.enqueue_batch('finish_batch', '{1,2,3,4,5}');
    SELECT pgqrs.dequeue_batch('finish_batch', 10);
$$;
\set ids 'SELECT min(id) AS a, min(id) + 1 AS b, min(id) + 2 AS c, min(id) + 3 AS d, min(id) + 4 AS e FROM pgqrs.messages WHERE queue_id = :q'

-- Input order, an id twice, unknown ids.
CALL pg_temp.fill();
:ids \gset
SELECT n, id - :a AS nth, done
FROM pgqrs.archive_batch('finish_batch', ARRAY[:c, :a, :e + 1000000, :c, :b, :a - 10]) WITH ORDINALITY AS b (id, done, n) ORDER BY n;
SELECT payload, outcome, processing_duration < '1 h' AS duration FROM pgqrs.list_archive('finish_batch');
SELECT n, id - :a AS nth, done
FROM pgqrs.delete_batch('finish_batch', ARRAY[:e, :e, :a, :d]) WITH ORDINALITY AS b (id, done, n) ORDER BY n;
SELECT pgqrs.count_messages('finish_batch'), pgqrs.count_archive('finish_batch');
CALL pg_temp.fill();
:ids \gset
SELECT n, id - :a AS nth, done
FROM pgqrs.release_batch('finish_batch', ARRAY[:b, :a, :b, :e + 1000000]) WITH ORDINALITY AS b (id, done, n) ORDER BY n;
SELECT payload, read_ct, vt IS NULL AS released FROM pgqrs.list_messages('finish_batch');
SELECT payload, read_ct FROM pgqrs.dequeue_batch('finish_batch', 10);

-- With a delay.
SELECT bool_and(done) FROM pgqrs.release_batch('finish_batch', ARRAY[:a, :d], '10 min');
SELECT payload, available_at > clock_timestamp() + '9 min' AS delayed, vt IS NULL AS released FROM pgqrs.list_messages('finish_batch');

-- read_cts fence one by one. Without them nothing is fenced; NULL among them is refused.
CALL pg_temp.fill();
:ids \gset
SET pgqrs.clock_offset = '31 s';
SELECT payload, read_ct FROM pgqrs.dequeue_batch('finish_batch', 3);
RESET pgqrs.clock_offset;
SELECT n, id - :a AS nth, done
FROM pgqrs.release_batch('finish_batch', ARRAY[:e, :d, :c, :b, :a], read_cts => ARRAY[1, 2, 1, 2, 2]) WITH ORDINALITY AS b (id, done, n) ORDER BY n;
SELECT payload, vt IS NULL AS released FROM pgqrs.list_messages('finish_batch');
SELECT n, id - :a AS nth, done
FROM pgqrs.archive_batch('finish_batch', ARRAY[:a, :b, :c], ARRAY[1, 2, 2]) WITH ORDINALITY AS b (id, done, n) ORDER BY n;
-- An id twice with different read_cts: the right one does it, wherever it stands.
SELECT n, id - :a AS nth, done
FROM pgqrs.delete_batch('finish_batch', ARRAY[:d, :d, :a, :a], ARRAY[7, 1, 2, 3]) WITH ORDINALITY AS b (id, done, n) ORDER BY n;
SELECT payload FROM pgqrs.list_messages('finish_batch');

-- Many at once, backwards.
SELECT pgqrs.purge_queue('finish_batch'), pgqrs.purge_archive('finish_batch', '0');
SELECT count(*) FROM pgqrs.enqueue_batch('finish_batch', array_fill('1'::jsonb, ARRAY[10000]));
SELECT count(*) FROM pgqrs.dequeue_batch('finish_batch', 10000);
SELECT count(*), bool_and(done), bool_and(id = given) AS in_order
FROM ROWS FROM (
    pgqrs.archive_batch('finish_batch', (SELECT array_agg(id ORDER BY id DESC) FROM pgqrs.messages WHERE queue_id = :q)),
    unnest((SELECT array_agg(id ORDER BY id DESC) FROM pgqrs.messages WHERE queue_id = :q))) AS b (id, done, given);
SELECT pgqrs.count_messages('finish_batch'), pgqrs.count_archive('finish_batch');

-- Nothing in, nothing out.
SELECT (SELECT count(*) FROM pgqrs.archive_batch('finish_batch', '{}')), (SELECT count(*) FROM pgqrs.delete_batch('finish_batch', '{}', '{}')),
    (SELECT count(*) FROM pgqrs.release_batch('finish_batch', '{}'));

-- Wrong arguments change nothing.
CALL pg_temp.fill();
:ids \gset
SELECT f AS function, args, pg_temp.error_of(format('SELECT pgqrs.%s(''finish_batch'', %s)', f, args))
FROM unnest(ARRAY['archive_batch', 'delete_batch', 'release_batch']) AS f,
    unnest(ARRAY['NULL', '''{1,NULL}''', '''{{1},{2}}''', 'array_fill(1::bigint, ARRAY[10001])',
        '''{1,2}'', read_cts => ''{1}''', '''{1}'', read_cts => ''{1,2}''', '''{1,2}'', read_cts => ''{}''',
        '''{}'', read_cts => ''{1}''', '''{1,2}'', read_cts => ''{{1},{2}}''', '''{1,2}'', read_cts => ''{1,NULL}''']) AS args;
SELECT pg_temp.error_of(format($$SELECT pgqrs.release_batch('finish_batch', ARRAY[%s], %s)$$, :a, delay))
FROM unnest(ARRAY['''-1 s''', '''367 days''']) AS delay;
SELECT count(*) FILTER (WHERE vt IS NOT NULL) AS in_flight FROM pgqrs.list_messages('finish_batch');

SELECT pgqrs.drop_queue('finish_batch', force => true);
