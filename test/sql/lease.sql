-- A lease keeps a message from others until it ends; then the message is delivered again, up to max_deliveries times.
\getenv tests PG_ABS_SRCDIR
\set errors :tests /sql/include/errors.sql
\i :errors
SELECT id AS q FROM pgqrs.create_queue('lease', visibility_timeout => '30 s') \gset

-- The queue's visibility timeout, counted from the delivery; the rest of the message stays as it was.
SELECT pgqrs.enqueue('lease', '"a"', headers => '{"h": 1}') AS a \gset
SELECT * FROM pgqrs.get_message('lease', :a) \gset before_
SELECT id = :a AS a, payload, headers, priority, read_ct, worker_id, enqueued_at = :'before_enqueued_at' AS same_enqueued,
    available_at = :'before_available_at' AS same_available, vt > enqueued_at + '30 s' AS leased,
    vt <= clock_timestamp() + '30 s' AS not_longer
FROM pgqrs.dequeue('lease');
SELECT vt - delivered_at AS lease, delivered_at >= enqueued_at AS delivered, read_ct FROM pgqrs.messages WHERE id = :a;
SELECT * FROM pgqrs.dequeue('lease');
SELECT * FROM pgqrs.dequeue_batch('lease', 10);
SELECT * FROM pgqrs.pop('lease', 10);
SELECT * FROM pgqrs.peek('lease', 10);

-- Before its end nobody gets it, after it somebody does, with read_ct one higher.
SET pgqrs.clock_offset = '20 s';
SELECT * FROM pgqrs.dequeue('lease');
SET pgqrs.clock_offset = '31 s';
SELECT payload, read_ct FROM pgqrs.peek('lease');
SELECT id = :a AS a, read_ct FROM pgqrs.dequeue('lease');
SELECT * FROM pgqrs.dequeue('lease');
SET pgqrs.clock_offset = '62 s';
SELECT id = :a AS a, read_ct FROM pgqrs.dequeue_batch('lease', 2);
SET pgqrs.clock_offset = '93 s';
SELECT id = :a AS a, read_ct, vt, worker_id FROM pgqrs.pop('lease');
RESET pgqrs.clock_offset;
SELECT count(*) FROM pgqrs.messages WHERE queue_id = :q;

-- vt of the call, for one and for many.
SELECT count(*) FROM pgqrs.enqueue_batch('lease', '{1,2,3}');
SELECT payload FROM pgqrs.dequeue('lease', vt => '2 h');
SELECT payload FROM pgqrs.dequeue_batch('lease', 2, vt => '1 ms');
SELECT payload, vt - delivered_at AS lease FROM pgqrs.messages WHERE queue_id = :q ORDER BY id;
SET pgqrs.clock_offset = '1 h';
SELECT payload, read_ct FROM pgqrs.dequeue_batch('lease', 10, vt => '366 days');
SET pgqrs.clock_offset = '2 h';
SELECT payload, read_ct FROM pgqrs.dequeue_batch('lease', 10);
SET pgqrs.clock_offset = '7201 s';
SELECT payload, read_ct FROM pgqrs.dequeue_batch('lease', 10);
RESET pgqrs.clock_offset;

-- A vt that is no length of a lease.
SELECT v AS vt, pg_temp.error_of(format($$SELECT pgqrs.dequeue('lease', %L)$$, v)) AS dequeue,
    pg_temp.error_of(format($$SELECT pgqrs.dequeue_batch('lease', 3, %L)$$, v))
        = pg_temp.error_of(format($$SELECT pgqrs.dequeue('lease', %L)$$, v)) AS batch_alike
FROM unnest(ARRAY['0', '-1 us', '-1 day', '1 us', '366 days 1 us', '178000000 years', '-178000000 years']) AS v;

-- The queue's setting changes for deliveries to come.
SELECT pgqrs.purge_queue('lease');
SELECT count(*) FROM pgqrs.enqueue_batch('lease', '{1,2}');
SELECT payload FROM pgqrs.dequeue('lease');
SELECT visibility_timeout FROM pgqrs.alter_queue('lease', '1 h');
SELECT payload FROM pgqrs.dequeue('lease');
SELECT payload, vt - delivered_at AS lease FROM pgqrs.messages WHERE queue_id = :q ORDER BY id;
SELECT pgqrs.purge_queue('lease');

-- max_deliveries: delivered so often, then counted as exhausted, and taken out by the next consumer that meets it.
SELECT max_deliveries FROM pgqrs.alter_queue('lease', '30 s', max_deliveries => 2);
SELECT count(*) FROM pgqrs.enqueue_batch('lease', '{1,2}');
SELECT payload, read_ct FROM pgqrs.dequeue_batch('lease', 10);
SELECT pending, in_flight, exhausted FROM pgqrs.queue_metrics('lease');
SET pgqrs.clock_offset = '31 s';
SELECT payload, read_ct FROM pgqrs.dequeue('lease');
SELECT pending, in_flight, exhausted FROM pgqrs.queue_metrics('lease');
SET pgqrs.clock_offset = '62 s';
SELECT pending, in_flight, exhausted FROM pgqrs.queue_metrics('lease');
SELECT payload, read_ct FROM pgqrs.peek('lease', 10);
SELECT pgqrs.enqueue('lease', '3') > 0 AS enqueued;
SELECT payload, read_ct FROM pgqrs.peek('lease', 10);
SELECT pending, in_flight, exhausted FROM pgqrs.queue_metrics('lease');
SELECT payload, read_ct FROM pgqrs.dequeue_batch('lease', 10);
SELECT payload, outcome FROM pgqrs.list_archive('lease') ORDER BY id;
SELECT payload, read_ct FROM pgqrs.pop('lease', 10);
SELECT payload, outcome FROM pgqrs.list_archive('lease') ORDER BY id;
SELECT pending, in_flight, exhausted FROM pgqrs.queue_metrics('lease');
-- Raising the limit brings exhausted ones back, taking it away too.
SELECT pgqrs.enqueue('lease', '4') AS four \gset
SELECT read_ct FROM pgqrs.dequeue('lease', '1 ms');
UPDATE pgqrs.messages SET read_ct = 7 WHERE id = :four;
SET pgqrs.clock_offset = '200 s';
SELECT exhausted FROM pgqrs.queue_metrics('lease');
SELECT max_deliveries FROM pgqrs.alter_queue('lease', max_deliveries => 8);
SELECT read_ct FROM pgqrs.dequeue_batch('lease', 10, '1 ms') WHERE id = :four;
SET pgqrs.clock_offset = '300 s';
SELECT max_deliveries FROM pgqrs.alter_queue('lease', max_deliveries => 0);
SELECT read_ct FROM pgqrs.dequeue_batch('lease', 10, '1 ms') WHERE id = :four;
RESET pgqrs.clock_offset;

SELECT pgqrs.drop_queue('lease', force => true);
