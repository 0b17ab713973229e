-- strict => true raises PQ001 where a finish would answer false; a batch then finishes all or none.
\getenv tests PG_ABS_SRCDIR
\set errors :tests /sql/include/errors.sql
\i :errors
SELECT name FROM pgqrs.create_queue('strict');
-- Ids that nothing else in an error looks like.
SELECT setval(pg_get_serial_sequence('pgqrs.messages', 'id'), greatest(700000, max(id))) > 0 AS set FROM pgqrs.messages;

-- Lost: the message was taken over.
SELECT pgqrs.enqueue('strict', '1') AS id \gset
SELECT read_ct FROM pgqrs.dequeue('strict', '1 s');
SET pgqrs.clock_offset = '10 s';
SELECT read_ct FROM pgqrs.dequeue('strict', '1 h');
SELECT call, replace(pg_temp.error_of(format('SELECT pgqrs.' || call, :id)), :'id', 'ID')
FROM unnest(ARRAY['archive(''strict'', %s, 1, strict => true)', 'delete(''strict'', %s, 1, true)',
    'release(''strict'', %s, ''0'', 1, true)', 'extend_visibility(''strict'', %s, ''1 min'', 1, strict => true)',
    'archive(''strict'', %s, 4294967297, strict => true)']) AS call;
SELECT read_ct FROM pgqrs.get_message('strict', :id);

-- Without it, and with NULL, the answer is false.
SELECT pgqrs.archive('strict', :id, 1), pgqrs.delete('strict', :id, 1, false), pgqrs.release('strict', :id, '0', 1, NULL),
    pgqrs.extend_visibility('strict', :id, '1 min', 1, strict => false);

-- Who has the lease is told true.
SELECT pgqrs.extend_visibility('strict', :id, '1 min', 2, strict => true), pgqrs.release('strict', :id, '0', 2, strict => true);
SELECT replace(pg_temp.error_of(format($$SELECT pgqrs.extend_visibility('strict', %s, '1 min', strict => true)$$, :id)), :'id', 'ID');
SELECT pgqrs.archive('strict', :id, 2, strict => true);
SELECT replace(pg_temp.error_of(format($$SELECT pgqrs.archive('strict', %s, strict => true)$$, :id)), :'id', 'ID');
SELECT pgqrs.enqueue('strict', '1') AS id \gset
SELECT pgqrs.delete('strict', :id, strict => true);
RESET pgqrs.clock_offset;

-- A batch: one lost lease keeps all from being finished.
SELECT min(id) AS a, min(id) + 1 AS b, min(id) + 2 AS c FROM pgqrs.enqueue_batch('strict', '{1, 2, 3}') AS id \gset
SELECT count(*) FROM pgqrs.dequeue_batch('strict', 3);
SELECT f AS function, replace(replace(pg_temp.error_of(
    format('SELECT pgqrs.%s(''strict'', ARRAY[%s, %s, %s, 0], read_cts => ARRAY[1, 2, 1, 1], strict => true)', f, :a, :b, :c)),
    :'b', 'B'), :'a', 'A')
FROM unnest(ARRAY['archive_batch', 'delete_batch', 'release_batch']) AS f;
SELECT count(*) FILTER (WHERE vt IS NOT NULL) AS in_flight FROM pgqrs.list_messages('strict');
-- An id that comes twice can be done once.
SELECT replace(pg_temp.error_of(format('SELECT pgqrs.archive_batch(''strict'', ARRAY[%1$s, %1$s], strict => true)', :a)), :'a', 'A');
SELECT done FROM pgqrs.archive_batch('strict', ARRAY[:a, :a]);
SELECT done FROM pgqrs.release_batch('strict', ARRAY[:b, :c], read_cts => ARRAY[1, 1], strict => true);
SELECT done FROM pgqrs.delete_batch('strict', ARRAY[:b, :c], ARRAY[1, 1], true);
SELECT count(*) FROM pgqrs.archive_batch('strict', '{}', strict => true);
-- The error names a hundred of many.
SELECT length(e) < 800 AS short, e ~ '^PQ001 1000 of 1000 leases in queue "strict" are lost' AS told, e ~ ' and 900 more\.' AS rest
FROM pg_temp.error_of($$SELECT pgqrs.delete_batch('strict', (SELECT array_agg(-n) FROM generate_series(1, 1000) AS n), strict => true)$$) AS e;

-- In PL/pgSQL a handler sees it, and the work of the block is undone.
SELECT pgqrs.enqueue('strict', '1') AS id \gset
CREATE FUNCTION pg_temp.work(id bigint) RETURNS text
    LANGUAGE plpgsql
    AS $$
BEGIN
    PERFORM pgqrs.enqueue('strict', '"result"');
    PERFORM pgqrs.archive('strict', id, read_ct => 1, strict => true);
    RETURN 'done';
EXCEPTION WHEN SQLSTATE 'PQ001' THEN
    RETURN 'lost';
END
$$;
SELECT pg_temp.work(:id);
SELECT pgqrs.drop_queue('strict', force => true);
