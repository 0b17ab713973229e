-- The settings are listed with unit, range and description, and take effect at once.
\getenv tests PG_ABS_SRCDIR
\set errors :tests /sql/include/errors.sql
\i :errors
SELECT name FROM pgqrs.create_queue('settings');
SELECT name, setting, unit, vartype, context, min_val, max_val, short_desc, extra_desc FROM pg_settings WHERE name LIKE 'pgqrs.%' AND context <> 'postmaster' ORDER BY name;

-- Payload size: that of the jsonb value before compression. (A string has 8 bytes of structure.)
SET pgqrs.max_payload_size = 100;
SELECT pgqrs.enqueue('settings', to_jsonb(repeat('x', 92))) > 0 AS enqueued;
SELECT pg_temp.error_of($$SELECT pgqrs.enqueue('settings', to_jsonb(repeat('x', 93)))$$);
SELECT pg_temp.error_of($$SELECT pgqrs.enqueue('settings', '1', headers => jsonb_build_object('h', repeat('x', 100)))$$);
SELECT pg_temp.error_of($$SELECT pgqrs.enqueue_batch('settings', ARRAY['1', to_jsonb(repeat('x', 93))])$$);
SET pgqrs.max_payload_size = '2MB';
SELECT pgqrs.enqueue('settings', to_jsonb(repeat('x', 2000000))) > 0 AS enqueued;
RESET pgqrs.max_payload_size;
-- What is in the queue already stays deliverable.
SELECT jsonb_typeof(payload), length(payload::text) FROM pgqrs.dequeue_batch('settings', 10);

-- Batch size.
SET pgqrs.max_batch_size = 2;
SELECT count(*) FROM pgqrs.enqueue_batch('settings', '{1,2}');
SELECT pg_temp.error_of($$SELECT pgqrs.enqueue_batch('settings', '{1,2,3}')$$);
SELECT pg_temp.error_of($$SELECT pgqrs.dequeue_batch('settings', 3)$$);
SELECT pg_temp.error_of($$SELECT pgqrs.archive_batch('settings', '{1,2,3}')$$);
SELECT pg_temp.error_of($$SELECT pgqrs.next('settings', qty => 3)$$);
SELECT pg_temp.error_of($$SELECT pgqrs.next('settings', '{1,2,3}')$$);
SELECT count(*) FROM pgqrs.dequeue_batch('settings', 2);
RESET pgqrs.max_batch_size;

-- Wrong values, and names that do not exist.
SELECT command, left(pg_temp.error_of(command), 5) AS state
FROM unnest(ARRAY['SET pgqrs.max_payload_size = 0', 'SET pgqrs.max_payload_size = ''1TB''', 'SET pgqrs.max_payload_size = ''much''',
    'SET pgqrs.max_batch_size = 0', 'SET pgqrs.max_batch_size = 1000001', 'SET pgqrs.clock_offset = ''1 year''', 'SET pgqrs.no_such = 1']) AS command;

-- Only a superuser may set them.
CREATE ROLE regress_pgqrs_user;
SET ROLE regress_pgqrs_user;
SELECT command, pg_temp.error_of(command)
FROM unnest(ARRAY['SET pgqrs.max_payload_size = 1', 'SET pgqrs.max_batch_size = 1', 'SET pgqrs.clock_offset = 1']) AS command;
RESET ROLE;
DROP ROLE regress_pgqrs_user;

SELECT pgqrs.drop_queue('settings', force => true);
