-- Foreign keys from pgqrs.messages, and columns with defaults and checks, are served as SQL serves them. A child table is refused.
\getenv tests PG_ABS_SRCDIR
\set errors :tests /sql/include/errors.sql
\i :errors
SELECT id AS q FROM pgqrs.create_queue('custom_links') \gset

-- A user's foreign key: checked at once, or when the transaction ends, for every way to enqueue.
CREATE TABLE custom_links_tenants (id int PRIMARY KEY);
INSERT INTO custom_links_tenants VALUES (1);
ALTER TABLE pgqrs.messages ADD COLUMN tenant int NOT NULL DEFAULT 1 CONSTRAINT custom_links_tenant REFERENCES custom_links_tenants,
    ADD COLUMN note text DEFAULT 'as ' || current_user,
    ADD COLUMN n int GENERATED ALWAYS AS ((payload ->> 'n')::int) STORED CONSTRAINT custom_links_n CHECK (n < 10);
SELECT pgqrs.enqueue('custom_links', '{"n": 1}') > 0 AS enqueued;
SELECT count(*) FROM pgqrs.enqueue_batch('custom_links', ARRAY['{"n": 2}', '{"n": 3}']::jsonb[]);
INSERT INTO pgqrs.messages (queue_id, payload) VALUES (:q, '{"n": 4}');
SELECT n, tenant, note = 'as ' || current_user AS note FROM pgqrs.messages WHERE queue_id = :q ORDER BY id;
SELECT left(pg_temp.error_of($$SELECT pgqrs.enqueue('custom_links', '{"n": 10}')$$), 5) AS state;
SELECT left(pg_temp.error_of($$SELECT pgqrs.enqueue_batch('custom_links', ARRAY['{"n": 1}', '{"n": 10}']::jsonb[])$$), 5) AS state;
SELECT left(pg_temp.error_of('DELETE FROM custom_links_tenants'), 5) AS state;
SELECT payload, read_ct FROM pgqrs.dequeue_batch('custom_links', 10);
SELECT pgqrs.archive('custom_links', id) FROM pgqrs.list_messages('custom_links', qty => 3);
ALTER TABLE pgqrs.messages ALTER COLUMN tenant SET DEFAULT 2;
SELECT left(pg_temp.error_of($$SELECT pgqrs.enqueue('custom_links', '{"n": 5}')$$), 5) AS state;
SELECT left(pg_temp.error_of($$SELECT pgqrs.enqueue_batch('custom_links', ARRAY['{"n": 5}', '{"n": 6}']::jsonb[])$$), 5) AS state;
ALTER TABLE pgqrs.messages ALTER CONSTRAINT custom_links_tenant DEFERRABLE INITIALLY DEFERRED;
\set VERBOSITY sqlstate
BEGIN;
SELECT pgqrs.enqueue('custom_links', '{"n": 7}') > 0 AS enqueued;
COMMIT;
BEGIN;
SELECT pgqrs.enqueue('custom_links', '{"n": 8}') > 0 AS enqueued;
INSERT INTO custom_links_tenants VALUES (2);
COMMIT;
\set VERBOSITY default
SELECT n, tenant FROM pgqrs.messages WHERE queue_id = :q ORDER BY id;
ALTER TABLE pgqrs.messages ALTER COLUMN tenant DROP DEFAULT;
SELECT left(pg_temp.error_of($$SELECT pgqrs.enqueue('custom_links', '{"n": 9}')$$), 5) AS state;
SELECT * FROM pgqrs.verify();
ALTER TABLE pgqrs.messages DROP COLUMN tenant, DROP COLUMN note, DROP COLUMN n;
DROP TABLE custom_links_tenants;
SELECT pgqrs.purge_queue('custom_links');

-- A child table's rows would never be delivered: every function that works on messages says so, and changes nothing.
SELECT pgqrs.enqueue('custom_links', '"parent"') AS id \gset
CREATE TABLE custom_links_child (extra text) INHERITS (pgqrs.messages);
SELECT call, pg_temp.error_of('SELECT pgqrs.' || call) AS error FROM unnest(ARRAY[
    $$enqueue('custom_links', '"more"')$$, $$enqueue_batch('custom_links', '{1,2}')$$, $$dequeue('custom_links')$$, $$pop('custom_links')$$,
    $$peek('custom_links')$$, $$archive('custom_links', 1)$$, $$delete('custom_links', 1)$$, $$release('custom_links', 1)$$,
    $$extend_visibility('custom_links', 1, '1 h')$$, $$queue_metrics('custom_links', true)$$]) AS call;
SELECT payload, read_ct FROM pgqrs.list_messages('custom_links');
ALTER TABLE custom_links_child NO INHERIT pgqrs.messages;
SELECT pgqrs.archive('custom_links', :id);
DROP TABLE custom_links_child;
SELECT pgqrs.enqueue('custom_links', '"after"') > 0 AS enqueued;
SELECT payload FROM pgqrs.pop('custom_links');

SELECT pgqrs.drop_queue('custom_links', force => true);
