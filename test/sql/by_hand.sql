-- Rows written by hand into queues and messages behave like those the functions make, or a constraint refuses them.
\getenv tests PG_ABS_SRCDIR
\set errors :tests /sql/include/errors.sql
\i :errors

-- A queue by hand.
INSERT INTO pgqrs.queues (name) VALUES ('by_hand') RETURNING id AS q \gset
SELECT name, visibility_timeout, max_deliveries, description, paused_at FROM pgqrs.get_queue('by_hand');
SELECT pg_temp.error_of($$SELECT pgqrs.create_queue('by_hand')$$);
SELECT name FROM pgqrs.create_queue('by_hand', if_not_exists => true);

-- A message by hand has the defaults of enqueue and is delivered, finished and counted like any other.
INSERT INTO pgqrs.messages (queue_id, payload) VALUES (:q, '"by hand"') RETURNING id \gset
SELECT id = :id AS id, priority, read_ct, headers, vt, worker_id, enqueued_at <= clock_timestamp() AND available_at <= clock_timestamp() AS now
FROM pgqrs.get_message('by_hand', :id);
SELECT pgqrs.enqueue('by_hand', '"by function"') > :id AS next_id;
SELECT payload, read_ct FROM pgqrs.dequeue_batch('by_hand', 10);
SELECT pgqrs.archive('by_hand', :id, 1);
SELECT in_flight, archived, total_enqueued FROM pgqrs.queue_metrics('by_hand');
INSERT INTO pgqrs.messages (queue_id, payload, priority, available_at) VALUES (:q, '"urgent"', 0, clock_timestamp()), (:q, '"later"', 0, clock_timestamp() + '1 h');
SELECT payload, priority FROM pgqrs.dequeue_batch('by_hand', 10);

-- Settings changed by hand take effect at once.
SELECT pgqrs.purge_queue('by_hand');
SELECT count(*) FROM pgqrs.enqueue_batch('by_hand', '{1,2,3}');
SELECT payload FROM pgqrs.dequeue('by_hand');
UPDATE pgqrs.queues SET visibility_timeout = '2 h' WHERE id = :q;
SELECT payload FROM pgqrs.dequeue('by_hand');
UPDATE pgqrs.queues SET paused_at = now() WHERE id = :q;
SELECT payload FROM pgqrs.dequeue('by_hand');
UPDATE pgqrs.queues SET paused_at = NULL, max_deliveries = 1 WHERE id = :q;
SELECT payload FROM pgqrs.dequeue('by_hand');
SELECT payload, vt - delivered_at AS lease FROM pgqrs.messages WHERE queue_id = :q ORDER BY id;
SET pgqrs.clock_offset = '3 h';
SELECT payload FROM pgqrs.peek('by_hand');
RESET pgqrs.clock_offset;
-- A renamed queue is found under its new name only.
UPDATE pgqrs.queues SET name = 'by_hand.new' WHERE id = :q;
SELECT pgqrs.count_messages('by_hand.new');
SELECT pg_temp.error_of($$SELECT pgqrs.enqueue('by_hand', '1')$$);
UPDATE pgqrs.queues SET name = 'by_hand' WHERE id = :q;
SELECT pgqrs.enqueue('by_hand', '1') > 0 AS enqueued;

-- Messages changed by hand.
SELECT pgqrs.purge_queue('by_hand');
UPDATE pgqrs.queues SET visibility_timeout = '30 s', max_deliveries = NULL WHERE id = :q;
SELECT count(*) FROM pgqrs.enqueue_batch('by_hand', '{1,2,3}');
UPDATE pgqrs.messages SET priority = 0 WHERE queue_id = :q AND payload = '3';
UPDATE pgqrs.messages SET available_at = clock_timestamp() + '1 h' WHERE queue_id = :q AND payload = '1';
SELECT payload FROM pgqrs.dequeue_batch('by_hand', 10);
UPDATE pgqrs.messages SET available_at = clock_timestamp() WHERE queue_id = :q AND payload = '1';
UPDATE pgqrs.messages SET vt = NULL WHERE queue_id = :q AND payload = '2';
SELECT payload, read_ct FROM pgqrs.dequeue_batch('by_hand', 10);
DELETE FROM pgqrs.messages WHERE queue_id = :q AND payload = '2';
SELECT payload FROM pgqrs.list_messages('by_hand');

-- Refused in queues. (What the server says besides its state and the constraint is its own.)
CREATE FUNCTION pg_temp.refusal(command text) RETURNS text LANGUAGE sql AS $$
    SELECT regexp_replace(pg_temp.error_of(command), ' \|.*', '');
$$;
SELECT refused, pg_temp.refusal(format('INSERT INTO pgqrs.queues (name, visibility_timeout, max_deliveries) VALUES (%s)', refused))
FROM unnest(ARRAY[
    'NULL, DEFAULT, DEFAULT', '''by_hand'', DEFAULT, DEFAULT', ''''', DEFAULT, DEFAULT', '''a b'', DEFAULT, DEFAULT', 'E''a\n'', DEFAULT, DEFAULT',
    '''größe'', DEFAULT, DEFAULT', 'repeat(''x'', 64), DEFAULT, DEFAULT', '''h'', NULL, DEFAULT', '''h'', ''0'', DEFAULT', '''h'', ''-1 s'', DEFAULT',
    '''h'', ''367 days'', DEFAULT', '''h'', DEFAULT, 0', '''h'', DEFAULT, -1']) AS refused;
SELECT pg_temp.refusal($$INSERT INTO pgqrs.queues (id, name) VALUES (2000000000, 'h')$$);
SELECT pg_temp.refusal(format('DELETE FROM pgqrs.queues WHERE id = %s', :q));

-- Refused in messages.
SELECT refused, pg_temp.refusal(format('INSERT INTO pgqrs.messages (queue_id, payload, %s)', replace(refused, 'Q', :q::text)))
FROM unnest(ARRAY[
    'priority) VALUES (Q, ''1'', 10', 'priority) VALUES (Q, ''1'', -2', 'priority) VALUES (Q, ''1'', NULL',
    'available_at) VALUES (Q, ''1'', ''infinity''', 'available_at) VALUES (Q, ''1'', ''-infinity''', 'available_at) VALUES (Q, ''1'', NULL',
    'enqueued_at) VALUES (Q, ''1'', ''infinity''', 'vt) VALUES (Q, ''1'', ''infinity''', 'delivered_at) VALUES (Q, ''1'', ''-infinity''',
    'read_ct) VALUES (Q, ''1'', -1', 'read_ct) VALUES (Q, ''1'', NULL',
    'headers) VALUES (Q, ''1'', ''[]''', 'headers) VALUES (Q, ''1'', ''null''', 'headers) VALUES (Q, ''1'', ''"x"''',
    'headers) VALUES (Q, NULL, DEFAULT', 'headers) VALUES (NULL, ''1'', DEFAULT', 'headers) VALUES (-1, ''1'', DEFAULT',
    'id) VALUES (Q, ''1'', 4711']) AS refused;
SELECT pg_temp.refusal(format('UPDATE pgqrs.messages SET priority = 10 WHERE queue_id = %s', :q));
SELECT pg_temp.refusal(format('UPDATE pgqrs.messages SET vt = ''infinity'' WHERE queue_id = %s', :q));
SELECT pg_temp.refusal(format('UPDATE pgqrs.messages SET queue_id = -1 WHERE queue_id = %s', :q));
SELECT pg_temp.refusal($$INSERT INTO pgqrs.workers (queue_id, name) VALUES (-1, 'w')$$);
SELECT pg_temp.refusal(format($$INSERT INTO pgqrs.workers (queue_id, name) VALUES (%s, '')$$, :q));

-- Deleting a queue by hand, once nothing is left of it: its counts must go as well.
SELECT pgqrs.purge_queue('by_hand'), pgqrs.purge_archive('by_hand', '0');
SELECT pg_temp.error_of(format('DELETE FROM pgqrs.queues WHERE id = %s', :q));
DELETE FROM pgqrs.departures WHERE queue_id = :q;
DELETE FROM pgqrs.queues WHERE id = :q;
SELECT pg_temp.error_of($$SELECT pgqrs.enqueue('by_hand', '1')$$);
