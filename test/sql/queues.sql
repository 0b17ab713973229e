-- Queues are created, found, changed, paused and dropped; wrong names and settings are refused.
\getenv tests PG_ABS_SRCDIR
\set errors :tests /sql/include/errors.sql
\i :errors

-- The row of a new queue, with defaults and without.
SELECT name, visibility_timeout, max_deliveries, description, paused_at, created_at <= clock_timestamp() AS past
FROM pgqrs.create_queue('queues.a');
SELECT name, visibility_timeout, max_deliveries, description, paused_at
FROM pgqrs.create_queue('queues.b', visibility_timeout => '1.5 h', max_deliveries => 3, description => 'second');
SELECT pgqrs.get_queue('queues.b') = q AS same FROM pgqrs.queues AS q WHERE name = 'queues.b';
SELECT name FROM pgqrs.get_queue_by_id((pgqrs.get_queue('queues.b')).id);
SELECT name FROM pgqrs.get_queue_by_id(-1);
SELECT pg_temp.error_of('SELECT pgqrs.get_queue_by_id(NULL)');

-- Creating it again: PQ003, or the row as it is.
SELECT pg_temp.error_of($$SELECT pgqrs.create_queue('queues.b')$$);
SELECT name, visibility_timeout, max_deliveries, description
FROM pgqrs.create_queue('queues.b', '1 s', 9, 'other', if_not_exists => true);
SELECT name, max_deliveries FROM pgqrs.create_queue('queues.c', max_deliveries => 1, if_not_exists => true);

-- Listing and counting.
SELECT name FROM pgqrs.list_queues() WHERE name LIKE 'queues.%';
SELECT name FROM pgqrs.list_queues((pgqrs.get_queue('queues.a')).id, 1);
SELECT count(*) = pgqrs.count_queues() AS all_counted FROM pgqrs.list_queues();
SELECT count(*) FROM pgqrs.list_queues(2147483647);
SELECT pg_temp.error_of($$SELECT pgqrs.list_queues(qty => 0)$$);
SELECT pg_temp.error_of($$SELECT pgqrs.list_queues(qty => -1)$$);

-- alter_queue changes what is given.
SELECT visibility_timeout, max_deliveries, description FROM pgqrs.alter_queue('queues.b', '10 s');
SELECT visibility_timeout, max_deliveries, description FROM pgqrs.alter_queue('queues.b', max_deliveries => 4);
SELECT visibility_timeout, max_deliveries, description FROM pgqrs.alter_queue('queues.b', max_deliveries => 0, description => '');
SELECT visibility_timeout, max_deliveries, description FROM pgqrs.alter_queue('queues.b');
SELECT pg_temp.error_of($$SELECT pgqrs.alter_queue('queues.b', max_deliveries => -1)$$);
SELECT pg_temp.error_of($$SELECT pgqrs.alter_queue('queues.b', '0')$$);

-- Ranges of the settings.
SELECT v AS visibility_timeout, pg_temp.error_of(format($$SELECT pgqrs.create_queue('queues.d', %L)$$, v))
FROM unnest('{0,-1 s,0.9 ms,367 days,100000000 years}'::text[]) AS v;
SELECT m AS max_deliveries, pg_temp.error_of(format($$SELECT pgqrs.create_queue('queues.d', max_deliveries => %s)$$, m))
FROM unnest('{0,-1,-2147483648}'::integer[]) AS m;
SELECT visibility_timeout FROM pgqrs.create_queue('queues.d', '1 ms');
SELECT visibility_timeout, max_deliveries FROM pgqrs.alter_queue('queues.d', '366 days', 2147483647);

-- Pausing: nothing is delivered, everything else goes on. Only the first call changes something.
SELECT pgqrs.enqueue('queues.a', '1') > 0 AS enqueued;
SELECT pgqrs.pause_queue('queues.a'), pgqrs.pause_queue('queues.a');
SELECT paused_at <= clock_timestamp() AS paused FROM pgqrs.get_queue('queues.a');
SELECT pgqrs.enqueue('queues.a', '2') > 0 AS enqueued;
SELECT * FROM pgqrs.dequeue('queues.a');
SELECT * FROM pgqrs.dequeue_batch('queues.a', 10);
SELECT * FROM pgqrs.pop('queues.a');
SELECT payload FROM pgqrs.peek('queues.a', 10);
SELECT pgqrs.resume_queue('queues.a'), pgqrs.resume_queue('queues.a');
SELECT payload FROM pgqrs.dequeue('queues.a');
SELECT pgqrs.pause_queue('queues.a');
SELECT pgqrs.archive('queues.a', id, 1) FROM pgqrs.messages WHERE queue_id = (pgqrs.get_queue('queues.a')).id AND read_ct = 1;

-- drop_queue refuses while there are messages, and says how many.
SELECT pg_temp.error_of($$SELECT pgqrs.drop_queue('queues.a')$$);
SELECT pgqrs.enqueue('queues.a', '3', delay => '1 day') > 0 AS enqueued;
SELECT pg_temp.error_of($$SELECT pgqrs.drop_queue('queues.a')$$);
SELECT pg_temp.error_of($$SELECT pgqrs.drop_queue('queues.a', NULL)$$);
SELECT id AS a FROM pgqrs.get_queue('queues.a') \gset
SELECT pgqrs.drop_queue('queues.a', force => true);
SELECT count(*) FROM pgqrs.messages WHERE queue_id = :a;
SELECT count(*) FROM pgqrs.archive WHERE queue_id = :a;
SELECT count(*) FROM pgqrs.departures WHERE queue_id = :a;

-- A queue whose messages were all archived is empty; its archive goes with it. A new one of that name starts empty.
SELECT pgqrs.enqueue('queues.c', '1') AS id \gset
SELECT pgqrs.archive('queues.c', :id);
SELECT pgqrs.drop_queue('queues.c');
SELECT name FROM pgqrs.create_queue('queues.c');
SELECT pgqrs.count_archive('queues.c'), total_enqueued, total_finished FROM pgqrs.queue_metrics('queues.c');
SELECT pgqrs.drop_queue('queues.b'), pgqrs.drop_queue('queues.c'), pgqrs.drop_queue('queues.d');

-- Every function that takes a queue says PQ002 when there is none, and PQ010 for NULL;
-- where NULL means all queues there is no error.
CREATE TEMP TABLE calls (call text);
INSERT INTO calls VALUES
    ('get_queue(%s)'), ('alter_queue(%s)'), ('drop_queue(%s)'), ('drop_queue(%s, true)'),
    ('purge_queue(%s)'), ('purge_archive(%s, ''0'')'), ('pause_queue(%s)'), ('resume_queue(%s)'),
    ('enqueue(%s, ''1'')'), ('enqueue_at(%s, ''1'', now())'), ('enqueue_batch(%s, ''{1}'')'),
    ('enqueue_batch(%s, ''{}'')'), ('dequeue(%s)'), ('dequeue_batch(%s, 1)'), ('pop(%s)'), ('peek(%s)'),
    ('next(%s)'), ('next(%s, ''{1}'')'),
    ('archive(%s, 1)'), ('delete(%s, 1)'), ('release(%s, 1)'), ('extend_visibility(%s, 1, ''1 s'')'),
    ('archive_batch(%s, ''{1}'')'), ('delete_batch(%s, ''{1}'')'), ('release_batch(%s, ''{1}'')'),
    ('enqueue_job(%s, ''1'')'), ('fail(%s, 1, ''e'')'), ('fail_batch(%s, ''{1}'', ''{e}'')'),
    ('list_failures(%s, 1)'), ('cancel(%s, ''{1}'')'), ('list_dead(%s)'), ('redrive(%s)'),
    ('discard(%s, ''{1}'')'), ('set_retention(%s)'),
    ('get_message(%s, 1)'), ('list_messages(%s)'), ('get_archived(%s, 1)'), ('list_archive(%s)'),
    ('queue_metrics(%s)'), ('register_worker(%s, ''w'')'), ('list_workers(%s)'), ('claim_runs(%s)'), ('emit_event(%s, ''e'')'), ('extend_batch(%s, ''{1}'', ''1 s'')'),
    ('purge_workers(%s)'), ('worker_health(%s)'), ('worker_metrics(%s)'),
    ('count_messages(%s)'), ('count_archive(%s)'), ('count_workers(%s)'),
    ('grant_queue(%s, current_user, ''monitor'')'), ('revoke_queue(%s, current_user, ''monitor'')'), ('list_grants(%s)');
SELECT call, pg_temp.error_of(format('SELECT pgqrs.' || call, '''queues.none'''))
FROM calls
WHERE pg_temp.error_of(format('SELECT pgqrs.' || call, '''queues.none'''))
    <> 'PQ002 queue "queues.none" does not exist';
SELECT call, pg_temp.error_of(format('SELECT pgqrs.' || call, 'NULL'))
FROM calls
WHERE pg_temp.error_of(format('SELECT pgqrs.' || call, 'NULL')) <> 'PQ010 queue must not be null';
SELECT pg_temp.error_of('SELECT pgqrs.create_queue(NULL)');
-- The list above leaves no function out but create_queue.
SELECT proname
FROM pg_proc
WHERE pronamespace = 'pgqrs'::regnamespace
    AND prokind = 'f'
    AND proargnames[1] = 'queue'
    AND NOT EXISTS (SELECT FROM calls WHERE split_part(call, '(', 1) = proname)
ORDER BY 1;

-- Names: what is refused, by every function alike.
CREATE TEMP TABLE names (what text, name text);
INSERT INTO names VALUES
    ('empty', ''), ('space', ' '), ('64 bytes', repeat('n', 64)), ('inner space', 'two words'),
    ('unicode', 'größe'), ('emoji', '🐘'), ('double quote', 'a"b'), ('single quote', 'a''b'),
    ('backslash', 'a\b'), ('percent', 'a%sb'), ('slash', '../etc'), ('injection', 'x''; DROP TABLE pgqrs.queues; --'),
    ('newline at the end', E'queue\n'), ('newline inside', E'a\nb'), ('tab', E'a\tb'), ('megabyte', repeat('x', 1048576)),
    ('wide characters', repeat('ä', 1000));
SELECT what, pg_temp.error_of(format('SELECT pgqrs.create_queue(%L)', name)) FROM names;
SELECT what, call, pg_temp.error_of(format('SELECT pgqrs.' || call, quote_literal(name)))
FROM names
CROSS JOIN calls
WHERE pg_temp.error_of(format('SELECT pgqrs.' || call, quote_literal(name)))
    <> pg_temp.error_of(format('SELECT pgqrs.create_queue(%L)', name));

-- And what is allowed; case counts.
SELECT octet_length(name), pgqrs.drop_queue(name) FROM pgqrs.create_queue(repeat('n', 63));
SELECT name, pgqrs.drop_queue(name)
FROM unnest('{x,0,-,_,.,..,--,"NULL","null",queue,AZaz09_.-}'::text[]) AS n, LATERAL pgqrs.create_queue(n);
SELECT name FROM pgqrs.create_queue('queues.Case');
SELECT pg_temp.error_of($$SELECT pgqrs.get_queue('queues.case')$$);
SELECT pgqrs.drop_queue('queues.Case');
SELECT count(*) FROM pgqrs.queues WHERE name LIKE 'queues.%';
