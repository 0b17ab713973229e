-- enqueue and enqueue_at take any JSON payload within the limits and refuse everything else.
\getenv tests PG_ABS_SRCDIR
\set errors :tests /sql/include/errors.sql
\i :errors
SELECT id AS q FROM pgqrs.create_queue('enqueue') \gset

-- Every kind of payload comes back as it was; JSON null is one of them. Ids ascend.
CREATE TEMP TABLE given (n int GENERATED ALWAYS AS IDENTITY, payload jsonb, id bigint);
INSERT INTO given (payload) VALUES
    ('null'), ('true'), ('0'), ('-1.5e300'), ('123456789012345678901234567890.123456789'), ('""'), ('"text"'),
    ('"größe 🐘 \"quoted\" \\ \n"'), ('[]'), ('{}'), ('[1, [2, [3]], null]'), ('{"a": {"b": [1, "x"]}, "": null}'),
    (to_jsonb(repeat('x', 100000))), (to_jsonb(repeat('ab', 500000)));
UPDATE given SET id = pgqrs.enqueue('enqueue', payload);
SELECT count(*) AS messages, bool_and(m.payload = g.payload) AS same, bool_and(m.id > 0) AS positive
FROM given AS g JOIN pgqrs.messages AS m USING (id);
SELECT count(*) FROM (SELECT id < lead(id) OVER (ORDER BY n) AS up FROM given) AS s WHERE NOT up;

-- What a message looks like that was enqueued with defaults.
SELECT read_ct, priority, headers, vt, worker_id, queue, enqueued_at = available_at AS now, enqueued_at <= clock_timestamp() AS past
FROM pgqrs.get_message('enqueue', (SELECT min(id) FROM given));
SELECT queue_id = :q AS queue, delivered_at FROM pgqrs.messages WHERE id = (SELECT min(id) FROM given);
SELECT pgqrs.purge_queue('enqueue');

-- Delay, time, priority, headers; named arguments.
SELECT pgqrs.enqueue(queue => 'enqueue', payload => '1', delay => '90 min', priority => 0, headers => '{"trace": "x"}') AS id \gset
SELECT available_at - enqueued_at AS delay, priority, headers FROM pgqrs.get_message('enqueue', :id);
SET pgqrs.max_delay = '36525 d';
SELECT pgqrs.enqueue_at('enqueue', '1', '2100-01-01 00:00 UTC', 9, '{}') AS id \gset
SELECT available_at = '2100-01-01 00:00 UTC' AS then, enqueued_at < '2100-01-01' AS before, priority, headers
FROM pgqrs.get_message('enqueue', :id);
SELECT pgqrs.enqueue('enqueue', '1', '36525 days') > 0 AS enqueued;
RESET pgqrs.max_delay;
SELECT pgqrs.enqueue('enqueue', '1', '1 us') > 0 AS enqueued;

-- now() means now, also late in a long transaction.
BEGIN;
SELECT pgqrs.enqueue_at('enqueue', '"now"', now()) AS id \gset
SELECT pgqrs.enqueue_at('enqueue', '"clock"', clock_timestamp()) > 0 AS enqueued;
SELECT pgqrs.enqueue_at('enqueue', '"later"', now() + '1 h') > 0 AS enqueued;
SELECT available_at = now() AS then FROM pgqrs.get_message('enqueue', :id);
COMMIT;
SELECT payload FROM pgqrs.dequeue_batch('enqueue', 10) WHERE jsonb_typeof(payload) = 'string';

-- Refused: payloads.
SELECT pg_temp.error_of($$SELECT pgqrs.enqueue('enqueue', NULL)$$);
SELECT pg_temp.error_of($$SELECT pgqrs.enqueue_at('enqueue', NULL, now())$$);
SELECT pg_temp.error_of($$SELECT pgqrs.enqueue('enqueue', 'no json')$$);
SELECT pg_temp.error_of($$SELECT pgqrs.enqueue('enqueue', to_jsonb(repeat('x', 1048577)))$$);
SELECT pg_temp.error_of($$SELECT pgqrs.enqueue('enqueue', '1', headers => jsonb_build_object('a', repeat('x', 1048577)))$$);
-- The largest payload, and one byte more.
SELECT pg_temp.error_of(format($$SELECT pgqrs.enqueue('enqueue', to_jsonb(repeat('x', %s)))$$, n))
FROM unnest(ARRAY[1048576 - 8, 1048576 - 7]) AS n;

-- Refused: headers that are no object.
SELECT h AS headers, pg_temp.error_of(format($$SELECT pgqrs.enqueue('enqueue', '1', headers => %L)$$, h))
FROM unnest(ARRAY['null', '1', '"a"', '[]', '[{}]']) AS h;
SELECT pg_temp.error_of($$SELECT pgqrs.enqueue_at('enqueue', '1', now(), headers => '[]')$$);

-- Refused: priorities out of 0 to 9.
SELECT p AS priority, pg_temp.error_of(format($$SELECT pgqrs.enqueue('enqueue', '1', priority => %s)$$, p))
FROM unnest(ARRAY[-1, 10, 65536, 65541, -2147483648, 2147483647]) AS p;
SELECT pg_temp.error_of($$SELECT pgqrs.enqueue_at('enqueue', '1', now(), 10)$$);

-- Refused: delays and times that are negative, past or endless.
SELECT d AS delay, pg_temp.error_of(format($$SELECT pgqrs.enqueue('enqueue', '1', %L)$$, d))
FROM unnest(ARRAY['-1 us', '-1 s', '1 day -25 hours', '-178000000 years', '366 days 1 us', '178000000 years']) AS d;
SELECT a AS at, split_part(pg_temp.error_of(format($$SELECT pgqrs.enqueue_at('enqueue', '1', %L)$$, a)), ':', 1)
FROM unnest(ARRAY['infinity', '-infinity', '2000-01-01', '4714-11-24 00:00:00+00 BC', '294276-12-31', '2999-01-01']) AS a;
SELECT pg_temp.error_of($$SELECT pgqrs.enqueue_at('enqueue', '1', now() - '1 us'::interval)$$);

-- Refused: NULL where a value is needed.
SELECT pg_temp.error_of($$SELECT pgqrs.enqueue_at('enqueue', '1', NULL)$$);
SELECT pgqrs.enqueue('enqueue', '1', headers => NULL) > 0 AS enqueued;

SELECT pgqrs.drop_queue('enqueue', force => true);
