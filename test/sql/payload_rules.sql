-- A queue refuses payloads that break its rules, in every function that enqueues.
\getenv tests PG_ABS_SRCDIR
\set errors :tests /sql/include/errors.sql
\i :errors
SELECT max_payload_bytes, max_depth, required_keys, forbidden_keys
FROM pgqrs.create_queue('rules', max_payload_bytes => 200, max_depth => 3, required_keys => '{id,to}',
    forbidden_keys => '{password}');
CREATE FUNCTION pg_temp.add(payload jsonb) RETURNS text
    LANGUAGE sql
    AS $$SELECT pg_temp.error_of(format('SELECT pgqrs.enqueue(''rules'', %L)', payload))$$;

-- What is required of the payload itself.
SELECT pg_temp.add('{"id": 1, "to": null}');
SELECT pg_temp.add('{"id": 1}');
SELECT pg_temp.add('{"in": {"id": 1, "to": 2}}');
SELECT pg_temp.add('["id", "to"]');
SELECT pg_temp.add('"id"');
SELECT pg_temp.add('null');

-- What is forbidden anywhere.
SELECT pg_temp.add('{"id": 1, "to": 2, "password": 3}');
SELECT pg_temp.add('{"id": 1, "to": [{"password": 3}]}');
SELECT pg_temp.add('{"id": "password", "to": ["password"], "passwords": 1}');

-- Depth: a scalar or an empty object or array has 1.
SELECT pg_temp.add('{"id": 1, "to": {"a": 1}}');
SELECT pg_temp.add('{"id": 1, "to": {"a": {}}}');
SELECT pg_temp.add('{"id": 1, "to": [[], {}]}');
SELECT pg_temp.add('{"id": 1, "to": [[1]]}');
SELECT pg_temp.add('{"id": 1, "to": {"a": [{}]}}');

-- Size, of the jsonb value.
SELECT pg_temp.add(jsonb_build_object('id', 1, 'to', repeat('x', 150)));
SELECT pg_temp.add(jsonb_build_object('id', 1, 'to', repeat('x', 250)));

-- Every function, and the place in a batch.
SELECT pg_temp.error_of($$SELECT pgqrs.enqueue_at('rules', '{}', now())$$);
SELECT pg_temp.error_of($$SELECT pgqrs.enqueue_job('rules', '{}')$$);
SELECT pg_temp.error_of($$SELECT pgqrs.enqueue_batch('rules', ARRAY['{"id": 1, "to": 2}', '{"id": 1}']::jsonb[])$$);
SELECT pg_temp.error_of($$SELECT pgqrs.enqueue_batch('rules', ARRAY['{"id": 1, "to": 2}']::jsonb[])$$);
SELECT pg_temp.error_of($$SELECT pgqrs.enqueue_batch('rules', ARRAY[NULL]::jsonb[])$$);

-- Headers are not looked at. Neither are rows inserted by hand.
SELECT pg_temp.error_of($$SELECT pgqrs.enqueue('rules', '{"id": 1, "to": 2}', headers => '{"password": 1}')$$);
INSERT INTO pgqrs.messages (queue_id, payload) SELECT id, '{"password": 1}' FROM pgqrs.queues WHERE name = 'rules';

-- A payload that is compressed and stored apart.
CREATE TEMP TABLE stored (payload jsonb);
INSERT INTO stored
SELECT jsonb_build_object('id', 1, 'to', 2, 'text', string_agg(md5(n::text), ''), 'list', '[{"password": 1}]'::jsonb)
FROM generate_series(1, 1000) AS n;
SELECT max_payload_bytes IS NULL FROM pgqrs.alter_queue('rules', max_payload_bytes => 0);
SELECT pg_temp.error_of('SELECT pgqrs.enqueue(''rules'', payload) FROM stored');

-- Changing them: what is not given stays, and 0 or an empty list takes one away.
SELECT max_depth, required_keys, forbidden_keys FROM pgqrs.alter_queue('rules', forbidden_keys => '{secret,"a b"}');
SELECT pg_temp.add('{"id": 1, "to": {"a b": 1}}');
SELECT pg_temp.add('{"id": 1, "to": {"password": 1}}');
SELECT max_depth, required_keys, forbidden_keys
FROM pgqrs.alter_queue('rules', max_depth => 0, required_keys => '{}', forbidden_keys => '{}');
SELECT pg_temp.add('[[[[[[{"secret": 1}]]]]]]');
SELECT max_depth FROM pgqrs.alter_queue('rules', max_depth => 1);
SELECT pg_temp.add('1');
SELECT pg_temp.add('[]');
SELECT pg_temp.add('[1]');

-- What cannot be.
SELECT pg_temp.error_of($$SELECT pgqrs.create_queue('none', required_keys => '{a,b}', forbidden_keys => '{b}')$$);
SELECT required_keys FROM pgqrs.alter_queue('rules', required_keys => '{a}');
SELECT pg_temp.error_of($$SELECT pgqrs.alter_queue('rules', forbidden_keys => '{a}')$$);
SELECT pg_temp.error_of($$SELECT pgqrs.alter_queue('rules', forbidden_keys => '{NULL}')$$);
SELECT pg_temp.error_of($$SELECT pgqrs.alter_queue('rules', forbidden_keys => '{{a},{b}}')$$);
SELECT pg_temp.error_of($$SELECT pgqrs.alter_queue('rules', forbidden_keys => array_fill('k'::text, ARRAY[101]))$$);
SELECT pg_temp.error_of($$SELECT pgqrs.alter_queue('rules', max_depth => 3000000000)$$);
SELECT pg_temp.error_of($$SELECT pgqrs.create_queue('none', max_payload_bytes => 0)$$);
SELECT split_part(pg_temp.error_of($$UPDATE pgqrs.queues SET required_keys = '{a}', forbidden_keys = '{a}'$$),
    ' | ', 1);

SELECT pgqrs.drop_queue('rules', true);
