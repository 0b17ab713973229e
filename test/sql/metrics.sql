-- The metrics count what is in a queue and what has ever been.
\getenv tests PG_ABS_SRCDIR
\set errors :tests /sql/include/errors.sql
\i :errors
SELECT id AS q FROM pgqrs.create_queue('metrics', max_deliveries => 2) \gset
\set totals 'SELECT total_enqueued, total_finished, archived FROM pgqrs.queue_metrics(''metrics'')'

-- An empty queue.
SELECT queue, paused, pending, in_flight, delayed, exhausted, archived, oldest_pending_age, newest_enqueued_at, total_enqueued, total_finished,
    measured_at <= clock_timestamp() AS past
FROM pgqrs.queue_metrics('metrics');

-- Two pending, one in flight, one exhausted, one delayed, one archived.
SELECT count(*) FROM pgqrs.enqueue_batch('metrics', '{1,2,3,4,5}');
SELECT payload FROM pgqrs.dequeue('metrics', '1 s');
SET pgqrs.clock_offset = '2 s';
SELECT payload, read_ct FROM pgqrs.dequeue('metrics', '1 s');
SELECT payload FROM pgqrs.dequeue('metrics', '1 day');
SELECT payload FROM pgqrs.dequeue('metrics', '1 day');
SELECT pgqrs.archive('metrics', id) FROM pgqrs.list_messages('metrics') WHERE payload = '3';
SELECT pgqrs.enqueue('metrics', '6', '1 day') AS newest \gset
SELECT pgqrs.pause_queue('metrics');
SET pgqrs.clock_offset = '1 h';
SELECT queue, paused, pending, in_flight, delayed, exhausted, archived, oldest_pending_age BETWEEN '59 min' AND '61 min' AS age,
    newest_enqueued_at = (SELECT enqueued_at FROM pgqrs.get_message('metrics', :newest)) AS newest, total_enqueued, total_finished,
    measured_at BETWEEN clock_timestamp() + '59 min' AND clock_timestamp() + '61 min' AS now
FROM pgqrs.queue_metrics('metrics');
-- The age is how long the message could have been delivered, not how long it exists.
SET pgqrs.clock_offset = '25 h';
SELECT pgqrs.delete('metrics', id) FROM pgqrs.list_messages('metrics') WHERE payload IN ('2', '4', '5');
SELECT pending, in_flight, exhausted, oldest_pending_age BETWEEN '59 min' AND '61 min' AS age FROM pgqrs.queue_metrics('metrics');
RESET pgqrs.clock_offset;
SELECT pgqrs.resume_queue('metrics');

-- all_queues_metrics says the same, by name.
SELECT name FROM pgqrs.create_queue('Metrics.first');
SELECT queue, pending, in_flight, delayed, exhausted, archived, total_enqueued, total_finished FROM pgqrs.all_queues_metrics() WHERE queue ILIKE 'metrics%';
SELECT count(*) = pgqrs.count_queues() AS all_queues FROM pgqrs.all_queues_metrics();
SELECT pgqrs.drop_queue('Metrics.first');

-- Totals through every way out: archive, delete, pop, their batches, purge_archive count as finished; purge_queue does not.
:totals;
SELECT pgqrs.purge_queue('metrics');
:totals;
SET pgqrs.clock_offset = '1 h';
SELECT pgqrs.purge_archive('metrics', '0');
RESET pgqrs.clock_offset;
:totals;
SELECT count(*) FROM pgqrs.enqueue_batch('metrics', array_fill('1'::jsonb, ARRAY[10]));
SELECT count(*) FROM pgqrs.pop('metrics', 2);
SELECT count(*) FROM pgqrs.pop('metrics');
SELECT count(*) FILTER (WHERE done) FROM pgqrs.delete_batch('metrics', (SELECT array_agg(id) FROM pgqrs.list_messages('metrics', qty => 3)));
SELECT count(*) FILTER (WHERE done) FROM pgqrs.archive_batch('metrics', (SELECT array_agg(id) FROM pgqrs.list_messages('metrics', qty => 3)));
:totals;
-- What finds nothing to do counts nothing.
SELECT count(*) FILTER (WHERE done) FROM pgqrs.delete_batch('metrics', '{-1,-2}');
SELECT pgqrs.delete('metrics', -1), pgqrs.archive('metrics', -1), pgqrs.purge_archive('metrics', '1 day');
BEGIN;
SELECT count(*) FROM pgqrs.pop('metrics');
ROLLBACK;
:totals;

-- Many deletes one by one: the counts are summed up now and then, without changing.
SELECT count(*) FROM pgqrs.enqueue_batch('metrics', array_fill('1'::jsonb, ARRAY[1600]));
SELECT count(*) FILTER (WHERE pgqrs.delete('metrics', id)) FROM pgqrs.messages WHERE queue_id = :q;
:totals;
SELECT count(*) < 1000 AS summed_up FROM pgqrs.departures WHERE queue_id = :q;

-- A dropped queue leaves no counts to one that comes after it.
SELECT pgqrs.drop_queue('metrics');
SELECT name FROM pgqrs.create_queue('metrics');
:totals;
SELECT count(*) FROM pgqrs.departures WHERE queue_id = :q;
SELECT pgqrs.drop_queue('metrics');
