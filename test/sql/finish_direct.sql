-- Finishing goes past the executor and still does what statements would: rights, large values, indexes, replication.
\getenv tests PG_ABS_SRCDIR
\set errors :tests /sql/include/errors.sql
\i :errors
SELECT id AS q FROM pgqrs.create_queue('direct') \gset

-- A payload that lies outside of its row comes into the archive whole.
CREATE TEMP TABLE large AS SELECT jsonb_build_object('n', n, 'large', (SELECT string_agg(md5(n || '.' || i), '') FROM generate_series(1, 5000) AS i)) AS payload FROM generate_series(1, 3) AS n;
SELECT count(*) FROM pgqrs.enqueue_batch('direct', (SELECT array_agg(payload) FROM large), headers => (SELECT array_agg(payload) FROM large));
SELECT pgqrs.archive('direct', min(id)) FROM pgqrs.messages WHERE queue_id = :q;
SELECT bool_and(done) FROM pgqrs.archive_batch('direct', (SELECT array_agg(id) FROM pgqrs.messages WHERE queue_id = :q));
VACUUM pgqrs.messages;
SELECT count(*), bool_and(a.payload = l.payload AND a.headers = l.payload) AS whole FROM pgqrs.archive AS a JOIN large AS l ON l.payload -> 'n' = a.payload -> 'n' WHERE a.queue_id = :q;

-- What a statement finishes, the statement itself still sees, and the next one does not.
SELECT count(*) FROM pgqrs.enqueue_batch('direct', '{1,2,3}');
SELECT pgqrs.archive('direct', m.id), (SELECT count(*) FROM pgqrs.messages WHERE queue_id = :q) AS seen FROM pgqrs.messages AS m WHERE queue_id = :q ORDER BY id;
SELECT count(*) FROM pgqrs.messages WHERE queue_id = :q;
-- A message of the same transaction, one that was changed in it, and a savepoint that takes a finish back.
BEGIN;
SELECT pgqrs.enqueue('direct', '"own"') AS id \gset
SELECT pgqrs.archive('direct', :id);
SELECT pgqrs.archive('direct', :id);
SELECT pgqrs.enqueue('direct', '"changed"') AS id \gset
SELECT read_ct FROM pgqrs.dequeue('direct');
SELECT pgqrs.extend_visibility('direct', :id, '1 h', 1), pgqrs.release('direct', :id, read_ct => 1), pgqrs.extend_visibility('direct', :id, '1 h', 1);
SAVEPOINT before;
SELECT pgqrs.delete('direct', :id, 1), pgqrs.delete('direct', :id, 1);
ROLLBACK TO before;
SELECT pgqrs.delete('direct', :id, 1), pgqrs.delete('direct', :id, 1);
COMMIT;

-- Indexes that somebody added are kept, and unique ones heeded.
CREATE INDEX direct_vt ON pgqrs.messages (vt);
CREATE UNIQUE INDEX direct_unique ON pgqrs.messages ((payload ->> 'key'), (vt IS NULL)) WHERE payload ? 'key';
SELECT count(*) FROM pgqrs.enqueue_batch('direct', ARRAY['{"key": 1}', '{}']::jsonb[]);
SELECT count(*) FROM pgqrs.dequeue_batch('direct', 2);
SELECT pgqrs.enqueue('direct', '{"key": 1}') > 0 AS enqueued;
SELECT pg_temp.error_of($$SELECT pgqrs.release('direct', min(id)) FROM pgqrs.messages$$) ~ '^23505' AS refused;
SELECT pgqrs.release('direct', id) FROM pgqrs.messages WHERE queue_id = :q AND payload = '{}';
SELECT pgqrs.extend_visibility('direct', id, '2 h') FROM pgqrs.messages WHERE queue_id = :q AND vt IS NOT NULL;
SET enable_seqscan = off;
SELECT payload FROM pgqrs.messages WHERE vt > clock_timestamp() + '1 h' AND queue_id = :q;
SELECT payload FROM pgqrs.messages WHERE vt IS NULL AND queue_id = :q ORDER BY id;
RESET enable_seqscan;
DROP INDEX pgqrs.direct_vt, pgqrs.direct_unique;
SELECT pgqrs.purge_queue('direct');

-- Batches of ids that lie close together: some are gone, some twice, some another queue's, some never were.
SELECT name FROM pgqrs.create_queue('direct.other');
CREATE PROCEDURE pg_temp.fill() LANGUAGE sql AS $$
    SELECT pgqrs.purge_queue('direct'), pgqrs.purge_queue('direct.other');
    SELECT pgqrs.enqueue(CASE WHEN i IN (3, 4) THEN 'direct.other' ELSE 'direct' END, to_jsonb(i)) FROM generate_series(1, 8) AS i;
$$;
CALL pg_temp.fill();
SELECT min(id) - 1 AS zero FROM pgqrs.messages \gset
SELECT pgqrs.delete('direct', :zero + 6);
SELECT id - :zero AS nth, done FROM pgqrs.archive_batch('direct', ARRAY(SELECT :zero + i FROM generate_series(-1, 10) AS i));
SELECT payload FROM pgqrs.list_archive('direct') WHERE id > :zero ORDER BY id;
SELECT payload FROM pgqrs.list_messages('direct.other');
CALL pg_temp.fill();
SELECT min(id) - 1 AS zero FROM pgqrs.messages \gset
SELECT id - :zero AS nth, done FROM pgqrs.release_batch('direct', ARRAY[:zero + 8, :zero + 2, :zero + 2, :zero + 7, :zero + 4, :zero + 1], '1 h');
SELECT payload FROM pgqrs.list_messages('direct') WHERE available_at > clock_timestamp() ORDER BY id;
SELECT id - :zero AS nth, done FROM pgqrs.delete_batch('direct', ARRAY[:zero + 1, :zero + 2, :zero + 5], ARRAY[0, 1, 0]);
SELECT done FROM pgqrs.delete_batch('direct', ARRAY[-9223372036854775808, -9223372036854775807]);
SELECT done FROM pgqrs.delete_batch('direct', ARRAY[9223372036854775806, 9223372036854775807]);
SELECT done FROM pgqrs.delete_batch('direct', ARRAY[-9223372036854775808, 9223372036854775807]);
SELECT payload FROM pgqrs.list_messages('direct') ORDER BY id;
SELECT pgqrs.drop_queue('direct.other', force => true);
SELECT pgqrs.purge_queue('direct');

-- Without a unique index on the ids alone nothing is finished, and the error says so. Deliveries go on. Another such index does.
SELECT count(*) FROM pgqrs.enqueue_batch('direct', '{1,2,3,4}');
SELECT min(id) AS id FROM pgqrs.messages WHERE queue_id = :q \gset
BEGIN;
ALTER TABLE pgqrs.messages DROP CONSTRAINT messages_pkey, ADD PRIMARY KEY (queue_id, id);
SELECT call, pg_temp.error_of('SELECT pgqrs.' || call) AS error FROM unnest(ARRAY[
    $$archive('direct', 1)$$, $$release('direct', 1)$$, $$delete('direct', 1)$$, $$extend_visibility('direct', 1, '1 h')$$]) AS call;
SELECT payload FROM pgqrs.dequeue('direct');
CREATE UNIQUE INDEX direct_ids ON pgqrs.messages (id);
SELECT pgqrs.archive('direct', :id), pgqrs.release('direct', :id + 1), pgqrs.delete('direct', :id + 2);
ROLLBACK;
SELECT pgqrs.count_messages('direct');

-- Rights: SELECT and DELETE, or UPDATE, on messages, also by column; INSERT on the archive. Nothing is done without.
CREATE ROLE regress_pgqrs_finisher;
GRANT USAGE ON SCHEMA pgqrs TO regress_pgqrs_finisher;
GRANT EXECUTE ON ALL FUNCTIONS IN SCHEMA pgqrs TO regress_pgqrs_finisher;
GRANT SELECT ON pgqrs.queues TO regress_pgqrs_finisher;
CREATE FUNCTION pg_temp.tries(id bigint, grants text) RETURNS TABLE (call text, answer text) LANGUAGE plpgsql AS $$
BEGIN
    EXECUTE 'REVOKE ALL ON pgqrs.messages, pgqrs.archive, pgqrs.departures FROM regress_pgqrs_finisher';
    EXECUTE grants;
    SET LOCAL ROLE regress_pgqrs_finisher;
    FOREACH call IN ARRAY ARRAY['archive', 'delete', 'release'] LOOP
        answer := pg_temp.error_of(format('DO %L', format('BEGIN ASSERT pgqrs.%s(''direct'', %s); RAISE SQLSTATE ''DONE0''; END', call, id)));
        RETURN NEXT;
    END LOOP;
    RESET ROLE;
END
$$;
SELECT n, t.* FROM unnest(ARRAY[
    'GRANT SELECT ON pgqrs.messages TO regress_pgqrs_finisher',
    'GRANT DELETE, UPDATE ON pgqrs.messages TO regress_pgqrs_finisher',
    'GRANT SELECT, DELETE ON pgqrs.messages TO regress_pgqrs_finisher',
    'GRANT SELECT, DELETE ON pgqrs.messages TO regress_pgqrs_finisher; GRANT INSERT ON pgqrs.archive TO regress_pgqrs_finisher',
    'GRANT SELECT, DELETE ON pgqrs.messages TO regress_pgqrs_finisher; GRANT ALL ON pgqrs.departures TO regress_pgqrs_finisher',
    'GRANT SELECT, UPDATE ON pgqrs.messages TO regress_pgqrs_finisher',
    'GRANT SELECT, UPDATE (vt, worker_id) ON pgqrs.messages TO regress_pgqrs_finisher',
    'GRANT SELECT, UPDATE (vt, worker_id, available_at, flags, given_back) ON pgqrs.messages TO regress_pgqrs_finisher',
    'GRANT DELETE, SELECT (id, available_at, enqueued_at, queue_id, read_ct, priority, flags, attempt, given_back, vt, delivered_at,
        expires_at, worker_id, max_attempts, origin_id, parked_priority, waiting_for, headers, payload) ON pgqrs.messages TO regress_pgqrs_finisher; GRANT INSERT ON pgqrs.archive TO regress_pgqrs_finisher'
    ]) WITH ORDINALITY AS g (grants, n), LATERAL pg_temp.tries(:id, grants) AS t;
REVOKE ALL ON ALL TABLES IN SCHEMA pgqrs FROM regress_pgqrs_finisher;
REVOKE ALL ON ALL FUNCTIONS IN SCHEMA pgqrs FROM regress_pgqrs_finisher;
REVOKE ALL ON SCHEMA pgqrs FROM regress_pgqrs_finisher;
DROP ROLE regress_pgqrs_finisher;

-- A published table needs an identity of its rows.
SET client_min_messages = error;
CREATE PUBLICATION direct FOR TABLE pgqrs.messages;
RESET client_min_messages;
ALTER TABLE pgqrs.messages REPLICA IDENTITY NOTHING;
SELECT call, left(pg_temp.error_of(format('SELECT pgqrs.%s(''direct'', %s)', call, :id)), 5) FROM unnest(ARRAY['archive', 'delete', 'release']) AS call;
ALTER TABLE pgqrs.messages REPLICA IDENTITY DEFAULT;
SELECT pgqrs.archive('direct', :id);
DROP PUBLICATION direct;

-- A read-only transaction.
BEGIN READ ONLY;
SELECT pg_temp.error_of(format('SELECT pgqrs.archive(''direct'', %s)', :id + 1));
SELECT pg_temp.error_of(format('SELECT pgqrs.release(''direct'', %s)', :id + 1));
ROLLBACK;

SELECT pgqrs.drop_queue('direct', force => true);
