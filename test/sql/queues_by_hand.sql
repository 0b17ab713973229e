-- Rows of pgqrs.queues deleted, renumbered, renamed or truncated by hand: nothing is left without its queue.
\getenv tests PG_ABS_SRCDIR
\set errors :tests /sql/include/errors.sql
\i :errors
SELECT id AS q FROM pgqrs.create_queue('queues_by_hand') \gset

-- Deleting a queue that has a message, only an archived message, only a worker, only counts, nothing.
SELECT pgqrs.enqueue('queues_by_hand', '1') AS id \gset
SELECT pg_temp.error_of($$DELETE FROM pgqrs.queues WHERE name = 'queues_by_hand'$$);
SELECT pgqrs.archive('queues_by_hand', :id);
SELECT pg_temp.error_of($$DELETE FROM pgqrs.queues WHERE name = 'queues_by_hand'$$);
DELETE FROM pgqrs.archive WHERE queue_id = :q;
SELECT pgqrs.register_worker('queues_by_hand', 'w') AS worker \gset
SELECT pg_temp.error_of($$DELETE FROM pgqrs.queues WHERE name = 'queues_by_hand'$$);
SELECT pgqrs.delete_worker(:worker);
SELECT pgqrs.enqueue('queues_by_hand', '1') AS id \gset
SELECT pgqrs.delete('queues_by_hand', :id);
SELECT pg_temp.error_of($$DELETE FROM pgqrs.queues WHERE name = 'queues_by_hand'$$);
DELETE FROM pgqrs.departures WHERE queue_id = :q;
SELECT pg_temp.error_of($$DELETE FROM pgqrs.queues WHERE name = 'queues_by_hand'$$);
SELECT pg_temp.error_of($$SELECT pgqrs.get_queue('queues_by_hand')$$);

-- An id cannot be changed, a name can: what was enqueued under the old one is there under the new one.
SELECT id AS q FROM pgqrs.create_queue('queues_by_hand') \gset
SELECT pgqrs.enqueue('queues_by_hand', '"before"') AS id \gset
SELECT pg_temp.error_of($$UPDATE pgqrs.queues SET id = DEFAULT WHERE name = 'queues_by_hand'$$);
UPDATE pgqrs.queues SET name = 'queues_by_hand.new' WHERE id = :q;
SELECT pg_temp.error_of($$SELECT pgqrs.dequeue('queues_by_hand')$$);
SELECT queue, payload FROM pgqrs.dequeue('queues_by_hand.new');
SELECT pgqrs.archive('queues_by_hand.new', :id, 1);

-- Truncating the queues alone.
SELECT pg_temp.error_of('TRUNCATE pgqrs.queues');
BEGIN;
TRUNCATE pgqrs.queues, pgqrs.messages, pgqrs.archive, pgqrs.workers, pgqrs.departures;
SELECT pg_temp.error_of($$SELECT pgqrs.enqueue('queues_by_hand.new', '1')$$);
ROLLBACK;
SELECT pgqrs.enqueue('queues_by_hand.new', '1') > 0 AS enqueued;

-- A queue made in a statement that fails is gone, also for what the backend remembers of it.
SELECT pg_temp.error_of($$INSERT INTO pgqrs.queues (name) VALUES ('x') RETURNING pgqrs.enqueue(name, '1'), 1 / (length(name) - 1)$$);
SELECT pg_temp.error_of($$SELECT pgqrs.enqueue('x', '1')$$);
SELECT count(*) FROM pgqrs.messages WHERE queue_id NOT IN (SELECT id FROM pgqrs.queues);

SELECT pgqrs.drop_queue('queues_by_hand.new', force => true);
