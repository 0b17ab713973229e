-- Every integer argument takes bigint: no driver's int8 is refused, and a value beyond integer gets one clear answer.
\getenv tests PG_ABS_SRCDIR
\set errors :tests /sql/include/errors.sql
\i :errors

-- No function has an integer or smallint argument, and no name has two functions.
SELECT p.oid::regprocedure
FROM pg_proc AS p, unnest(p.proargtypes) AS type
WHERE p.pronamespace = 'pgqrs'::regnamespace
    AND type IN ('int4'::regtype, 'int2'::regtype, 'int4[]'::regtype, 'int2[]'::regtype);
SELECT proname FROM pg_proc WHERE pronamespace = 'pgqrs'::regnamespace GROUP BY proname HAVING count(*) > 1;

-- Both types are taken, also by functions that are called with columns and prepared parameters.
SELECT id AS q, max_deliveries FROM pgqrs.create_queue('wide', max_deliveries => 7::bigint) \gset
SELECT :max_deliveries, max_deliveries FROM pgqrs.alter_queue('wide', max_deliveries => 8::bigint);
SELECT max_deliveries FROM pgqrs.alter_queue('wide', max_deliveries => 0::bigint);
SELECT name FROM pgqrs.get_queue_by_id(:q::bigint);
SELECT name FROM pgqrs.list_queues(:q::bigint - 1, 1::bigint);
SELECT count(pgqrs.enqueue('wide', to_jsonb(n), priority => p::bigint)) FROM generate_series(1, 6) AS n, (VALUES (5::int)) AS v (p);
SELECT count(pgqrs.enqueue_at('wide', '1', now(), 9::bigint));
SELECT count(*) FROM pgqrs.enqueue_batch('wide', '{1}', priority => 9::bigint);
SELECT payload FROM pgqrs.peek('wide', 1::bigint);
SELECT payload FROM pgqrs.pop('wide', 1::bigint);
PREPARE take (bigint) AS SELECT array_agg(id) AS ids, array_agg(read_ct) AS cts FROM pgqrs.dequeue_batch('wide', $1);
EXECUTE take (5) \gset
SELECT pgqrs.archive('wide', ids[1], 1::bigint), pgqrs.delete('wide', ids[2], 1::bigint),
    pgqrs.extend_visibility('wide', ids[3], '1 min', 1::bigint), pgqrs.release('wide', ids[3], read_ct => 1::bigint)
FROM (SELECT :'ids'::bigint[] AS ids) AS s;
SELECT done FROM pgqrs.archive_batch('wide', (:'ids'::bigint[])[4:4], (:'cts'::integer[])[4:4]);
SELECT done FROM pgqrs.delete_batch('wide', (:'ids'::bigint[])[5:5], (:'cts'::bigint[])[5:5]);
SELECT done FROM pgqrs.release_batch('wide', (:'ids'::bigint[])[3:3], read_cts => ARRAY[1]);
SELECT id = ids[3] AS third, lost
FROM (SELECT :'ids'::bigint[] AS ids) AS s, pgqrs.next('wide', ids[3:3], ARRAY[9], 1::bigint);
SELECT count(*) FROM pgqrs.list_messages('wide', 0::bigint, 10::bigint);
SELECT count(*) FROM pgqrs.list_archive('wide', 0::bigint, 10::bigint);
SELECT pgqrs.register_worker('wide', 'w', pid => 4711::bigint) AS w \gset
SELECT pid FROM pgqrs.get_worker(:w);
SELECT count(*) FROM pgqrs.list_workers('wide', 0::bigint, 10::bigint);

-- Beyond the range: priority, max_deliveries, pid, quantities.
SELECT call, pg_temp.error_of(replace(replace('SELECT ' || call, '$big', v), '$q', $$'wide'$$))
FROM unnest(ARRAY['pgqrs.enqueue($q, ''1'', priority => $big)', 'pgqrs.enqueue_at($q, ''1'', now(), $big)',
    'pgqrs.enqueue_batch($q, ''{1}'', priority => $big)', 'pgqrs.create_queue(''new'', max_deliveries => $big)',
    'pgqrs.alter_queue($q, max_deliveries => $big)', 'pgqrs.register_worker($q, ''w'', pid => $big)',
    'pgqrs.dequeue_batch($q, $big)', 'pgqrs.next($q, qty => $big)', 'pgqrs.pop($q, $big)', 'pgqrs.peek($q, $big)',
    'pgqrs.list_queues(qty => $big)',
    'pgqrs.list_messages($q, qty => $big)', 'pgqrs.list_archive($q, qty => $big)',
    'pgqrs.list_workers(qty => $big)']) AS call,
    unnest(ARRAY['3000000000', '4294967297', '-3000000000']) AS v;

-- A queue's id beyond integer is no queue's id.
SELECT name FROM pgqrs.get_queue_by_id(:q + 4294967296);
SELECT name FROM pgqrs.list_queues(after_id => 4294967296);

-- A read_ct beyond integer fits no delivery, also not one whose lower half it has.
SELECT pgqrs.purge_queue('wide') > 0 AS purged;
SELECT pgqrs.enqueue('wide', '"fence"') AS id \gset
SELECT read_ct FROM pgqrs.dequeue('wide', '1 min') WHERE id = :id;
SELECT r AS read_ct, pgqrs.archive('wide', :id, r), pgqrs.delete('wide', :id, r),
    pgqrs.release('wide', :id, read_ct => r), pgqrs.extend_visibility('wide', :id, '1 h', r)
FROM unnest(ARRAY[4294967297, 2147483648, -2147483649, 9223372036854775807, -4294967295]) AS r;
SELECT a.done, d.done, r.done
FROM pgqrs.archive_batch('wide', ARRAY[:id], ARRAY[4294967297]) AS a,
    pgqrs.delete_batch('wide', ARRAY[:id], ARRAY[4294967297]) AS d,
    pgqrs.release_batch('wide', ARRAY[:id], read_cts => ARRAY[4294967297]) AS r;
SELECT id = :id AS id, lost FROM pgqrs.next('wide', ARRAY[:id], ARRAY[4294967297]) WHERE lost;
SELECT pgqrs.archive('wide', :id, 1);

-- A NULL among the read_cts would take the fence off one message: it is refused, and nothing is finished.
SELECT pgqrs.enqueue('wide', '1') AS a, pgqrs.enqueue('wide', '2') AS b \gset
SELECT f AS function, pg_temp.error_of(format('SELECT pgqrs.%s(''wide'', ARRAY[%s], read_cts => ARRAY[0, NULL])', f, :a || ',' || :b))
FROM unnest(ARRAY['archive_batch', 'delete_batch', 'release_batch']) AS f;
SELECT pg_temp.error_of(format('SELECT pgqrs.archive_batch(''wide'', ARRAY[%s], ARRAY[NULL::bigint, 0])', :a || ',' || :b));
SELECT count(*) FROM pgqrs.list_messages('wide') WHERE id IN (:a, :b);
SELECT pgqrs.drop_queue('wide', force => true) > 0 AS dropped;
