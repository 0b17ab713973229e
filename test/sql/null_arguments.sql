-- NULL for an argument that has a default means the default; NULL where a value is needed is PQ010.
\getenv tests PG_ABS_SRCDIR
\set errors :tests /sql/include/errors.sql
\i :errors

-- create_queue: everything but the name.
CREATE FUNCTION pg_temp.settings(q pgqrs.queues) RETURNS text
    LANGUAGE sql
    AS $$SELECT concat_ws(' ', q.visibility_timeout, coalesce(q.max_deliveries::text, '-'), coalesce(q.description, '-'), q.notify)$$;
SELECT pg_temp.settings(pgqrs.create_queue('nulls')) AS by_default,
    pg_temp.settings(pgqrs.create_queue('nulls2', NULL, NULL, NULL, NULL, NULL)) AS by_null;
SELECT pg_temp.error_of($$SELECT pgqrs.create_queue('nulls', if_not_exists => NULL)$$);
SELECT name FROM pgqrs.list_queues(NULL, NULL) WHERE name LIKE 'nulls%';
SELECT pg_temp.settings(pgqrs.alter_queue('nulls', NULL, NULL, NULL, NULL));

-- Producing.
SELECT pgqrs.enqueue('nulls', '1', NULL, NULL, NULL) AS a, pgqrs.enqueue_at('nulls', '2', now(), NULL, NULL) AS b \gset
SELECT count(*) FROM pgqrs.enqueue_batch('nulls', '{3, 4, 5, 6}', NULL, NULL, NULL);
SELECT payload, priority, available_at <= clock_timestamp() AS available, headers FROM pgqrs.list_messages('nulls', NULL, NULL);

-- Consuming and finishing.
SELECT payload FROM pgqrs.peek('nulls', NULL);
SELECT payload, vt - clock_timestamp() BETWEEN '29 s' AND '30 s' AS standard FROM pgqrs.dequeue('nulls', NULL, NULL, NULL);
SELECT payload FROM pgqrs.dequeue_batch('nulls', 1, NULL, NULL, NULL);
SELECT payload FROM pgqrs.pop('nulls', NULL);
SELECT payload, lost, vt - clock_timestamp() BETWEEN '29 s' AND '30 s' AS standard
FROM pgqrs.next('nulls', NULL, NULL, NULL, NULL, NULL, NULL);
SELECT pgqrs.release('nulls', :a, NULL, NULL);
SELECT done FROM pgqrs.release_batch('nulls', ARRAY[:b], NULL, NULL);
SELECT payload, available_at <= clock_timestamp() AS available FROM pgqrs.list_messages('nulls') WHERE id IN (:a, :b);
SELECT pgqrs.archive('nulls', :a, NULL), pgqrs.delete('nulls', :b, NULL);
SELECT done FROM pgqrs.archive_batch('nulls', '{}', NULL);

-- Looking.
SELECT payload FROM pgqrs.list_archive('nulls', NULL, NULL);
SELECT count(*) FROM pgqrs.list_workers(NULL, NULL, NULL);
SELECT exact IS NOT NULL AS answered FROM pgqrs.queue_metrics('nulls', NULL);
SELECT count(*) FROM pgqrs.all_queues_metrics(NULL) WHERE queue LIKE 'nulls%';
SELECT pgqrs.register_worker('nulls', 'w', NULL, NULL, NULL) AS w \gset
SELECT pid FROM pgqrs.get_worker(:w);

-- Without a default NULL is refused.
SELECT call, pg_temp.error_of('SELECT ' || call)
FROM unnest(ARRAY['pgqrs.create_queue(NULL)', 'pgqrs.enqueue(NULL, ''1'')', 'pgqrs.enqueue(''nulls'', NULL)',
    'pgqrs.enqueue_at(''nulls'', ''1'', NULL)', 'pgqrs.enqueue_batch(''nulls'', NULL)', 'pgqrs.dequeue(NULL)',
    'pgqrs.dequeue_batch(''nulls'', NULL)', 'pgqrs.next(NULL)',
    'pgqrs.archive(''nulls'', NULL)', 'pgqrs.archive_batch(''nulls'', NULL)',
    'pgqrs.extend_visibility(''nulls'', 1, NULL)', 'pgqrs.purge_archive(''nulls'', NULL)',
    'pgqrs.get_message(''nulls'', NULL)', 'pgqrs.get_queue_by_id(NULL)', 'pgqrs.delete_worker(NULL)']) AS call;

-- drop_queue: NULL is not force.
SELECT pg_temp.error_of($$SELECT pgqrs.drop_queue('nulls', NULL)$$);
SELECT pgqrs.drop_queue('nulls', true), pgqrs.drop_queue('nulls2', NULL);
