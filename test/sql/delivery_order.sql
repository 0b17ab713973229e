-- Messages are delivered by priority, then by the time they became available, then by id; none early.
\getenv tests PG_ABS_SRCDIR
\set errors :tests /sql/include/errors.sql
\i :errors
SELECT id AS q FROM pgqrs.create_queue('delivery_order') \gset

-- Priorities 0 to 9, 5 when nothing is said.
SELECT count(pgqrs.enqueue('delivery_order', to_jsonb(p), priority => p)) FROM unnest(ARRAY[9, 3, 0, 6, 1, 8, 4, 2, 7]) AS p;
SELECT pgqrs.enqueue('delivery_order', '"default"') > 0 AS enqueued;
SELECT payload, priority FROM pgqrs.peek('delivery_order', 10);
SELECT payload, priority FROM pgqrs.dequeue('delivery_order');
SELECT payload, priority FROM pgqrs.dequeue_batch('delivery_order', 5);
SELECT payload, priority FROM pgqrs.pop('delivery_order', 3);
SELECT payload, priority FROM pgqrs.dequeue_batch('delivery_order', 10);
SELECT pgqrs.purge_queue('delivery_order');

-- Inside a priority: available_at first, then id. (Rows by hand, to choose both.)
INSERT INTO pgqrs.messages (queue_id, priority, available_at, payload) VALUES
    (:q, 5, '2020-01-03', '"5, third day"'),
    (:q, 5, '2020-01-01', '"5, first day"'),
    (:q, 5, '2020-01-02', '"5, second day, first id"'),
    (:q, 4, '2020-01-04', '"4, fourth day"'),
    (:q, 5, '2020-01-02', '"5, second day, second id"'),
    (:q, 4, '2020-01-05', '"4, fifth day"');
SELECT payload FROM pgqrs.peek('delivery_order', 100);
BEGIN;
SELECT payload FROM pgqrs.dequeue_batch('delivery_order', 100);
ROLLBACK;
BEGIN;
SELECT payload FROM pgqrs.pop('delivery_order', 100);
ROLLBACK;
SELECT n, payload FROM generate_series(1, 7) AS n, pgqrs.dequeue(left('delivery_order', 13 + n / n));
SELECT pgqrs.purge_queue('delivery_order');

-- A batch keeps the order in which it was enqueued.
SELECT count(*) FROM pgqrs.enqueue_batch('delivery_order', (SELECT array_agg(to_jsonb(i) ORDER BY i) FROM generate_series(1, 600) AS i));
SELECT bool_and(payload = to_jsonb(n)), count(*) FROM pgqrs.dequeue_batch('delivery_order', 400) WITH ORDINALITY AS d (
    id, queue, payload, headers, priority, read_ct, attempt, enqueued_at, available_at, vt, worker_id, n);
SELECT bool_and(payload = to_jsonb(n + 400)), count(*) FROM pgqrs.pop('delivery_order', 400) WITH ORDINALITY AS d (
    id, queue, payload, headers, priority, read_ct, attempt, enqueued_at, available_at, vt, worker_id, n);
SELECT pgqrs.purge_queue('delivery_order');

-- Delayed messages do not come early, whatever their priority; they come when they are due.
SELECT count(pgqrs.enqueue('delivery_order', '"delayed"', delay => '10 min', priority => 0)) FROM generate_series(1, 3);
SELECT pgqrs.enqueue_at('delivery_order', '"at"', now() + '20 min', priority => 0) > 0 AS enqueued;
SELECT pgqrs.enqueue('delivery_order', '"now"', priority => 9) > 0 AS enqueued;
SELECT payload FROM pgqrs.peek('delivery_order', 100);
SELECT payload FROM pgqrs.pop('delivery_order', 100);
SELECT payload FROM pgqrs.dequeue('delivery_order');
SELECT payload FROM pgqrs.dequeue_batch('delivery_order', 100);
SET pgqrs.clock_offset = '9 min';
SELECT payload FROM pgqrs.dequeue_batch('delivery_order', 100);
SET pgqrs.clock_offset = '11 min';
SELECT payload FROM pgqrs.dequeue('delivery_order');
SELECT payload FROM pgqrs.pop('delivery_order', 100);
SET pgqrs.clock_offset = '21 min';
SELECT payload FROM pgqrs.dequeue_batch('delivery_order', 100, '1 day');
RESET pgqrs.clock_offset;

-- A due one takes its place by the time it became due.
SELECT pgqrs.purge_queue('delivery_order');
SELECT pgqrs.enqueue('delivery_order', '"due after 10 min"', delay => '10 min') > 0 AS enqueued;
SET pgqrs.clock_offset = '5 min';
SELECT pgqrs.enqueue('delivery_order', '"enqueued after 5 min"') > 0 AS enqueued;
SET pgqrs.clock_offset = '15 min';
SELECT pgqrs.enqueue('delivery_order', '"enqueued after 15 min"') > 0 AS enqueued;
SELECT payload FROM pgqrs.dequeue_batch('delivery_order', 100);
RESET pgqrs.clock_offset;

-- Quantities.
SELECT f AS function, q AS qty, pg_temp.error_of(format('SELECT pgqrs.%s(''delivery_order'', %s)', f, q))
FROM unnest(ARRAY['dequeue_batch', 'pop', 'peek']) AS f, unnest(ARRAY['0', '-1', '10000', '10001', '2147483647', 'NULL']) AS q;
SELECT * FROM pgqrs.dequeue_batch('delivery_order', 1);

SELECT pgqrs.drop_queue('delivery_order', force => true);
