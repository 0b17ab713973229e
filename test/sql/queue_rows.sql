-- A statement sees the queue it has just created; a trigger that suppresses the row of a queue or worker raises an error.
\getenv tests PG_ABS_SRCDIR
\set errors :tests /sql/include/errors.sql
\i :errors

SELECT (pgqrs.create_queue('queue_rows')).name AS created, (pgqrs.get_queue('queue_rows')).name AS found;
SELECT (pgqrs.alter_queue('queue_rows', '7 s')).visibility_timeout AS altered, (pgqrs.get_queue('queue_rows')).visibility_timeout AS found;
SELECT pgqrs.pause_queue('queue_rows'), (pgqrs.get_queue('queue_rows')).paused_at IS NOT NULL AS paused;
SELECT pgqrs.resume_queue('queue_rows'), (pgqrs.get_queue('queue_rows')).paused_at IS NOT NULL AS paused;
SELECT pgqrs.drop_queue('queue_rows'), (pgqrs.create_queue('queue_rows')).name, pgqrs.enqueue('queue_rows', '1') > 0 AS enqueued;
SELECT pg_temp.error_of($$SELECT pgqrs.drop_queue('queue_rows', true), pgqrs.get_queue('queue_rows')$$);

CREATE FUNCTION queue_rows_suppress() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN RETURN NULL; END $$;
CREATE TRIGGER queue_rows BEFORE INSERT ON pgqrs.workers FOR EACH ROW EXECUTE FUNCTION queue_rows_suppress();
SELECT pg_temp.error_of($$SELECT pgqrs.register_worker('queue_rows', 'w')$$) <> 'no error' AS refused;
DROP TRIGGER queue_rows ON pgqrs.workers;
CREATE TRIGGER queue_rows BEFORE INSERT ON pgqrs.queues FOR EACH ROW EXECUTE FUNCTION queue_rows_suppress();
SELECT pg_temp.error_of($$SELECT pgqrs.create_queue('queue_rows.new')$$) <> 'no error' AS refused;
SELECT pg_temp.error_of($$SELECT pgqrs.create_queue('queue_rows.new', if_not_exists => true)$$) <> 'no error' AS refused;
DROP TRIGGER queue_rows ON pgqrs.queues;
CREATE TRIGGER queue_rows BEFORE UPDATE ON pgqrs.queues FOR EACH ROW EXECUTE FUNCTION queue_rows_suppress();
SELECT pg_temp.error_of($$SELECT pgqrs.alter_queue('queue_rows', '9 s')$$) <> 'no error' AS refused;
DROP TRIGGER queue_rows ON pgqrs.queues;
CREATE TRIGGER queue_rows BEFORE DELETE ON pgqrs.queues FOR EACH ROW EXECUTE FUNCTION queue_rows_suppress();
SELECT pg_temp.error_of($$SELECT pgqrs.drop_queue('queue_rows', true)$$) <> 'no error' AS refused;
SELECT pgqrs.count_messages('queue_rows');
DROP TRIGGER queue_rows ON pgqrs.queues;
DROP FUNCTION queue_rows_suppress();

SELECT pgqrs.drop_queue('queue_rows', force => true);
