-- A row type that somebody changed raises an error in the functions that answer with it.
\getenv tests PG_ABS_SRCDIR
\set errors :tests /sql/include/errors.sql
\i :errors
SELECT name FROM pgqrs.create_queue('changed_type');
SELECT count(*) FROM pgqrs.enqueue_batch('changed_type', '{1,2}');
BEGIN;
ALTER TYPE pgqrs.message ADD ATTRIBUTE more text;
ALTER TYPE pgqrs.next_message ALTER ATTRIBUTE lost TYPE text;
ALTER TYPE pgqrs.archived_message ADD ATTRIBUTE more text;
ALTER TYPE pgqrs.metrics ADD ATTRIBUTE more text;
ALTER TYPE pgqrs.worker ADD ATTRIBUTE more text;
SELECT call, pg_temp.error_of('SELECT pgqrs.' || call) <> 'no error' AS refused
FROM unnest(ARRAY['dequeue(''changed_type'')', 'dequeue_batch(''changed_type'', 2)', 'next(''changed_type'')',
    'next(''changed_type'', ''{-1}'')', 'pop(''changed_type'')', 'peek(''changed_type'')',
    'get_message(''changed_type'', 1)', 'list_messages(''changed_type'')', 'get_archived(''changed_type'', 1)', 'list_archive(''changed_type'')',
    'queue_metrics(''changed_type'')', 'all_queues_metrics()', 'get_worker(1)', 'list_workers(''changed_type'')']) AS call;
SELECT * FROM pgqrs.verify();
ROLLBACK;
SELECT payload, read_ct FROM pgqrs.dequeue('changed_type');
SELECT * FROM pgqrs.verify();
SELECT pgqrs.drop_queue('changed_type', force => true);
