-- enqueue_batch adds all payloads in their order or none, and names the one that is wrong.
\getenv tests PG_ABS_SRCDIR
\set errors :tests /sql/include/errors.sql
\i :errors
SELECT id AS q FROM pgqrs.create_queue('enqueue_batch') \gset

-- Ids come in the order of the payloads.
CREATE TEMP TABLE ids AS
SELECT * FROM pgqrs.enqueue_batch('enqueue_batch', ARRAY['"a"', 'null', '{"b": 1}', '[]', '"a"']::jsonb[], '1 h', 2)
    WITH ORDINALITY AS b (id, n);
SELECT n, payload, priority, headers, available_at - enqueued_at AS delay
FROM ids JOIN pgqrs.messages USING (id)
ORDER BY n;
SELECT count(*) FROM pgqrs.list_messages('enqueue_batch');

-- Also when it is written in several chunks: 1, 255, 256, 257, 512, 1,000 and 10,000 rows, some of them wide.
CREATE TEMP TABLE many AS
SELECT size, place, id
FROM unnest(ARRAY[1, 255, 256, 257, 512, 1000, 10000]) AS size
CROSS JOIN LATERAL pgqrs.enqueue_batch('enqueue_batch', (
    SELECT array_agg(jsonb_build_object('n', i, 'pad', repeat('x', i % 100 * 40)) ORDER BY i)
    FROM generate_series(1, size) AS i)) WITH ORDINALITY AS b (id, place);
SELECT size, count(*), count(DISTINCT id), bool_and(payload = jsonb_build_object('n', place, 'pad', repeat('x', place::integer % 100 * 40))) AS in_order
FROM many JOIN pgqrs.messages USING (id)
GROUP BY size
ORDER BY size;
SELECT pgqrs.purge_queue('enqueue_batch');

-- Headers: one element a payload, which may be NULL.
SELECT count(*) FROM pgqrs.enqueue_batch('enqueue_batch', '{1,2,3}', headers => ARRAY['{"h": 1}', NULL, '{}']::jsonb[]);
SELECT payload, headers FROM pgqrs.list_messages('enqueue_batch');
SELECT pgqrs.purge_queue('enqueue_batch');

-- Nothing in, nothing out. Lower bounds of an array mean nothing.
SELECT count(*) FROM pgqrs.enqueue_batch('enqueue_batch', '{}');
SELECT count(*) FROM pgqrs.enqueue_batch('enqueue_batch', '{}', headers => '{}');
SELECT count(*) FROM pgqrs.enqueue_batch('enqueue_batch', '[5:6]={1,2}');
SELECT pgqrs.purge_queue('enqueue_batch');

-- Refused, each without inserting anything.
CREATE TEMP TABLE calls (what text, call text);
INSERT INTO calls VALUES
    ('null payload', $$'{1,NULL,3}'$$),
    ('two wrong payloads', $$'{1,2,3,NULL,5,NULL}'$$),
    ('large payload', $$ARRAY['1', '2', to_jsonb(repeat('x', 1048577)), '4']$$),
    ('large payload late', $$(SELECT array_agg(CASE i WHEN 300 THEN to_jsonb(repeat('x', 1048577)) ELSE to_jsonb(i) END ORDER BY i) FROM generate_series(1, 400) AS i)$$),
    ('headers no object', $$'{1,2,3}', headers => ARRAY['{}', NULL, '[]']::jsonb[]$$),
    ('headers JSON null', $$'{1}', headers => ARRAY['null']::jsonb[]$$),
    ('large headers', $$'{1,2}', headers => ARRAY[NULL, jsonb_build_object('x', repeat('x', 1048577))]$$),
    ('too few headers', $$'{1,2}', headers => ARRAY['{}']::jsonb[]$$),
    ('too many headers', $$'{1}', headers => ARRAY['{}', '{}']::jsonb[]$$),
    ('no headers', $$'{1,2}', headers => '{}'$$),
    ('headers without payloads', $$'{}', headers => ARRAY['{}']::jsonb[]$$),
    ('two dimensions', $$'{{1,2},{3,4}}'$$),
    ('two dimensions of headers', $$'{1,2}', headers => ARRAY[ARRAY['{}'], ARRAY['{}']]::jsonb[]$$),
    ('10,001', $$array_fill('1'::jsonb, ARRAY[10001])$$),
    ('payloads NULL', $$NULL$$),
    ('delay negative', $$'{1}', '-1 s'$$),
    ('priority 10', $$'{1}', priority => 10$$),
    ('priority -1, nothing to do', $$'{}', priority => -1$$);
SELECT what, pg_temp.error_of($$SELECT pgqrs.enqueue_batch('enqueue_batch', $$ || call || ')') FROM calls;
SELECT count(*) FROM pgqrs.messages WHERE queue_id = :q;

SELECT pgqrs.drop_queue('enqueue_batch');
