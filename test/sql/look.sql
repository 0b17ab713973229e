-- The four tables can be counted, listed by page and read by id, through functions and plain SELECT alike.
\getenv tests PG_ABS_SRCDIR
\set errors :tests /sql/include/errors.sql
\i :errors
SELECT id AS q FROM pgqrs.create_queue('look') \gset
SELECT id AS r FROM pgqrs.create_queue('look.other') \gset
SELECT count(*) FROM pgqrs.enqueue_batch('look', '{1,2,3,4,5}', headers => ARRAY['{"h": 1}', NULL, NULL, NULL, NULL]::jsonb[]);
SELECT count(*) FROM pgqrs.enqueue_batch('look.other', '{6,7}');
SELECT min(id) AS a FROM pgqrs.messages WHERE queue_id = :q \gset
SELECT payload FROM pgqrs.dequeue_batch('look', 3);
SELECT bool_and(done) FROM pgqrs.archive_batch('look', ARRAY[:a, :a + 1, :a + 2]);
SELECT payload FROM pgqrs.dequeue('look');

-- Messages.
SELECT pgqrs.count_messages('look'), pgqrs.count_messages('look.other'), pgqrs.count_messages() = (SELECT count(*) FROM pgqrs.messages) AS all;
SELECT queue, payload, read_ct FROM pgqrs.list_messages('look');
SELECT payload FROM pgqrs.list_messages('look.other', qty => 1);
SELECT payload FROM pgqrs.list_messages('look.other', after_id => :a + 5);
SELECT count(*) FROM pgqrs.list_messages('look', 9223372036854775807);
SELECT payload FROM pgqrs.get_message('look', :a + 3);
SELECT count(*) FROM pgqrs.get_message('look.other', :a + 3);
SELECT f = (m.id, 'look', m.payload, m.headers, m.priority, m.read_ct, m.attempt, m.enqueued_at, m.available_at, m.vt, m.worker_id)::pgqrs.message AS same
FROM pgqrs.list_messages('look') AS f JOIN pgqrs.messages AS m USING (id);

-- The archive.
SELECT pgqrs.count_archive('look'), pgqrs.count_archive('look.other'), pgqrs.count_archive() = (SELECT count(*) FROM pgqrs.archive) AS all;
SELECT queue, payload, headers, outcome FROM pgqrs.list_archive('look');
SELECT payload FROM pgqrs.list_archive('look', after_id => :a, qty => 1);
SELECT payload FROM pgqrs.get_archived('look', :a + 2);
SELECT count(*) FROM pgqrs.get_archived('look', :a + 3);
SELECT count(*) FROM pgqrs.get_archived('look.other', :a + 2);
SELECT f = (m.id, 'look', m.payload, m.headers, m.priority, m.read_ct, m.attempt, m.enqueued_at, m.available_at, m.vt, m.worker_id, m.archived_at,
    m.processing_duration, m.outcome)::pgqrs.archived_message AS same
FROM pgqrs.list_archive('look') AS f JOIN pgqrs.archive AS m USING (id);

-- Pages and their limits.
SELECT call, pg_temp.error_of('SELECT pgqrs.' || call)
FROM unnest(ARRAY['list_messages', 'list_archive']) AS f,
    unnest(ARRAY[f || '(''look'', 0, 0)', f || '(''look'', 0, -1)', f || '(''look'', 0, 10001)',
        f || '(''look'', -9223372036854775808, 10000)']) AS call;
SELECT pg_temp.error_of($$SELECT pgqrs.get_message('look', NULL)$$);
SELECT pg_temp.error_of($$SELECT pgqrs.get_archived('look', NULL)$$);

-- purge_archive removes what was archived longer ago, purge_queue all messages; other queues keep theirs.
SET pgqrs.clock_offset = '1 h';
SELECT payload FROM pgqrs.dequeue('look');
SELECT pgqrs.archive('look', :a + 3);
SELECT pgqrs.purge_archive('look', '2 h');
SELECT pgqrs.purge_archive('look', '30 min');
SELECT payload FROM pgqrs.list_archive('look');
SELECT pgqrs.purge_archive('look', '0');
RESET pgqrs.clock_offset;
SELECT d AS older_than, pg_temp.error_of(format($$SELECT pgqrs.purge_archive('look', %s)$$, d))
FROM unnest(ARRAY['NULL', '''-1 s''', '''-178000000 years''', '''100 years''', '''101 years''', '''178000000 years''']) AS d;
SELECT pgqrs.purge_queue('look'), pgqrs.purge_queue('look'), pgqrs.count_messages('look.other');

SELECT pgqrs.drop_queue('look', true), pgqrs.drop_queue('look.other', true);
