-- pop delivers and deletes at once, within the transaction; peek only looks.
\getenv tests PG_ABS_SRCDIR
\set errors :tests /sql/include/errors.sql
\i :errors
SELECT id AS q FROM pgqrs.create_queue('pop_peek') \gset
SELECT count(*) FROM pgqrs.enqueue_batch('pop_peek', '{1,2,3,4,5}', headers => ARRAY['{"h": 1}', NULL, NULL, NULL, NULL]::jsonb[]);

-- peek: one unless told otherwise, as often as one likes, changing nothing.
SELECT payload, headers, read_ct, vt FROM pgqrs.peek('pop_peek');
SELECT payload FROM pgqrs.peek('pop_peek', 2);
SELECT payload FROM pgqrs.peek('pop_peek', 10);
SELECT count(*) FILTER (WHERE read_ct = 0 AND vt IS NULL) AS untouched FROM pgqrs.list_messages('pop_peek');

-- pop: the same order, the message as delivered, gone without a trace in the archive.
SELECT queue, payload, headers, priority, read_ct, vt, worker_id, enqueued_at = available_at AS times FROM pgqrs.pop('pop_peek');
SELECT payload, read_ct FROM pgqrs.pop('pop_peek', 2);
SELECT pgqrs.count_messages('pop_peek'), pgqrs.count_archive('pop_peek'), total_finished FROM pgqrs.queue_metrics('pop_peek');

-- A pop that rolls back did not happen.
BEGIN;
SELECT payload FROM pgqrs.pop('pop_peek', 10);
SELECT * FROM pgqrs.pop('pop_peek');
SELECT * FROM pgqrs.peek('pop_peek');
ROLLBACK;
SELECT payload, read_ct FROM pgqrs.peek('pop_peek', 10);
SELECT total_finished FROM pgqrs.queue_metrics('pop_peek');

-- Neither shows what is delayed or in flight.
SELECT payload FROM pgqrs.dequeue('pop_peek');
SELECT pgqrs.enqueue('pop_peek', '"delayed"', '1 h') > 0 AS enqueued;
SELECT payload FROM pgqrs.peek('pop_peek', 10);
SELECT payload FROM pgqrs.pop('pop_peek', 10);
SELECT payload FROM pgqrs.pop('pop_peek', 10);
SELECT payload, read_ct FROM pgqrs.list_messages('pop_peek');

SELECT pgqrs.drop_queue('pop_peek', force => true);
