-- Columns, constraints and indexes that users add to pgqrs.messages are served by enqueue and by delivery.
\getenv tests PG_ABS_SRCDIR
\set errors :tests /sql/include/errors.sql
\i :errors
SELECT id AS q FROM pgqrs.create_queue('custom_columns') \gset

-- An enqueue fills columns with their defaults, computes generated ones and heeds constraints and unique indexes.
ALTER TABLE pgqrs.messages ADD COLUMN tenant text NOT NULL DEFAULT 'nobody', ADD COLUMN half numeric GENERATED ALWAYS AS (priority / 2.0) STORED;
ALTER TABLE pgqrs.messages ADD CONSTRAINT custom_columns_check CHECK (payload <> '"forbidden"');
CREATE UNIQUE INDEX custom_columns_unique ON pgqrs.messages ((payload ->> 'key')) WHERE payload ? 'key';
SELECT pgqrs.enqueue('custom_columns', '{"key": 1}') > 0 AS enqueued;
SELECT count(*) FROM pgqrs.enqueue_batch('custom_columns', '{1,2}');
SELECT payload, tenant, round(half, 1) AS half FROM pgqrs.messages WHERE queue_id = :q ORDER BY id;
SELECT pg_temp.error_of($$SELECT pgqrs.enqueue('custom_columns', '"forbidden"')$$) ~ '^23514' AS refused;
SELECT pg_temp.error_of($$SELECT pgqrs.enqueue_batch('custom_columns', '{1,"\"forbidden\""}')$$) ~ '^23514' AS refused;
SELECT pg_temp.error_of($$SELECT pgqrs.enqueue('custom_columns', '{"key": 1}')$$) ~ '^23505' AS refused;
SELECT pg_temp.error_of($$SELECT pgqrs.enqueue_batch('custom_columns', ARRAY['{"key": 2}', '{"key": 2}']::jsonb[])$$) ~ '^23505' AS refused;
SELECT payload FROM pgqrs.dequeue_batch('custom_columns', 10);
SELECT bool_and(done) FROM pgqrs.archive_batch('custom_columns', (SELECT array_agg(id) FROM pgqrs.list_messages('custom_columns')));
SELECT pgqrs.count_archive('custom_columns');
ALTER TABLE pgqrs.messages DROP CONSTRAINT custom_columns_check, DROP COLUMN tenant, DROP COLUMN half;
DROP INDEX pgqrs.custom_columns_unique;
SELECT pgqrs.enqueue('custom_columns', '"after dropped columns"') > 0 AS enqueued;
SELECT count(*) FROM pgqrs.enqueue_batch('custom_columns', '{1,2}');
SELECT payload FROM pgqrs.pop('custom_columns', 10);
SELECT * FROM pgqrs.verify();

-- So does a delivery with what depends on the columns it writes.
ALTER TABLE pgqrs.messages ADD COLUMN twice integer GENERATED ALWAYS AS (read_ct * 2) STORED;
ALTER TABLE pgqrs.messages ADD CONSTRAINT custom_columns_twice CHECK (read_ct <= 2);
CREATE INDEX custom_columns_vt ON pgqrs.messages (vt);
SELECT count(*) FROM pgqrs.enqueue_batch('custom_columns', '{1,2}');
SELECT payload, read_ct FROM pgqrs.dequeue('custom_columns');
SET pgqrs.clock_offset = '1 min';
SELECT payload, read_ct FROM pgqrs.dequeue_batch('custom_columns', 10);
SET pgqrs.clock_offset = '2 min';
SELECT pg_temp.error_of($$SELECT pgqrs.dequeue('custom_columns')$$) ~ '^23514' AS refused;
RESET pgqrs.clock_offset;
SELECT payload, read_ct, twice FROM pgqrs.messages WHERE queue_id = :q ORDER BY id;
SET enable_seqscan = off;
SELECT payload FROM pgqrs.messages WHERE vt > clock_timestamp() AND queue_id = :q ORDER BY vt, id;
RESET enable_seqscan;
ALTER TABLE pgqrs.messages DROP CONSTRAINT custom_columns_twice, DROP COLUMN twice;
DROP INDEX pgqrs.custom_columns_vt;
SELECT pgqrs.purge_queue('custom_columns');

SELECT pgqrs.drop_queue('custom_columns', force => true);
