-- Foreign keys from pgqrs.messages, columns with defaults and checks, and a child table by INHERITS are served as SQL serves them.
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

-- Rows of a child table are rows of the table.
CREATE TABLE custom_links_child (extra text) INHERITS (pgqrs.messages);
SELECT pgqrs.enqueue('custom_links', '"parent"') > 0 AS enqueued;
INSERT INTO custom_links_child (id, queue_id, payload, extra) VALUES (2000000000, :q, '"child"', 'x');
SELECT tableoid::regclass, payload FROM pgqrs.messages WHERE queue_id = :q ORDER BY id;
SELECT payload FROM pgqrs.list_messages('custom_links');
SELECT pgqrs.count_messages('custom_links');
SELECT payload FROM pgqrs.peek('custom_links', 10);
SELECT payload, read_ct FROM pgqrs.dequeue('custom_links');
SELECT payload, read_ct FROM pgqrs.dequeue('custom_links');
SELECT payload, read_ct FROM pgqrs.dequeue('custom_links');
SELECT pgqrs.release('custom_links', 2000000000);
SELECT payload, read_ct FROM pgqrs.dequeue_batch('custom_links', 10);
SELECT pgqrs.archive('custom_links', 2000000000, 2);
SELECT payload, read_ct FROM pgqrs.list_archive('custom_links');
INSERT INTO custom_links_child (id, queue_id, payload, extra) VALUES (2000000001, :q, '"child 2"', 'x');
SELECT payload FROM pgqrs.pop('custom_links');
INSERT INTO custom_links_child (id, queue_id, payload, extra) VALUES (2000000002, :q, '"child 3"', 'x');
SELECT pgqrs.purge_queue('custom_links');
SELECT count(*) FROM custom_links_child;
DROP TABLE custom_links_child;
SELECT pgqrs.enqueue('custom_links', '"after"') > 0 AS enqueued;
SELECT payload FROM pgqrs.pop('custom_links');

SELECT pgqrs.drop_queue('custom_links', force => true);
