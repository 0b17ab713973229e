-- archive, delete, release and extend_visibility act on the delivery they name and say whether this call did it.
\getenv tests PG_ABS_SRCDIR
\set errors :tests /sql/include/errors.sql
\i :errors
SELECT id AS q FROM pgqrs.create_queue('finish') \gset
SELECT name FROM pgqrs.create_queue('finish.other');

-- archive keeps the message, when it was archived and how long that took from its last delivery.
SELECT pgqrs.enqueue('finish', '{"a": 1}', priority => 2, headers => '{"h": 1}') AS id \gset
SELECT pgqrs.register_worker('finish', 'w') AS w \gset
SELECT enqueued_at, available_at, vt FROM pgqrs.dequeue('finish', worker => :w) \gset
SET pgqrs.clock_offset = '10 s';
SELECT pgqrs.archive('finish', :id, 1);
SELECT id = :id AS id, queue, payload, headers, priority, read_ct, enqueued_at = :'enqueued_at' AS enqueued_at,
    available_at = :'available_at' AS available_at, vt = :'vt' AS vt, worker_id = :w AS worker_id, outcome
FROM pgqrs.get_archived('finish', :id);
SELECT archived_at - delivered_at = processing_duration AS duration, processing_duration BETWEEN '10 s' AND '20 s' AS from_delivery,
    archived_at BETWEEN now() AND clock_timestamp() + '10 s' AS now, queue_id = :q AS q
FROM pgqrs.archive WHERE id = :id;
RESET pgqrs.clock_offset;
SELECT * FROM pgqrs.get_message('finish', :id);
SELECT pgqrs.archive('finish', :id), pgqrs.archive('finish', :id, 1), pgqrs.delete('finish', :id);

-- After a redelivery the duration counts from that.
SELECT pgqrs.enqueue('finish', '1') AS id \gset
SELECT read_ct FROM pgqrs.dequeue('finish', '1 s');
SET pgqrs.clock_offset = '1 h';
SELECT read_ct FROM pgqrs.dequeue('finish');
SELECT pgqrs.archive('finish', :id, 2);
SELECT read_ct, processing_duration < '1 min' AS short FROM pgqrs.get_archived('finish', :id);
RESET pgqrs.clock_offset;

-- A message that was never delivered can be finished too; its duration is NULL.
SELECT pgqrs.enqueue('finish', '1', delay => '1 h') AS id \gset
SELECT pgqrs.archive('finish', :id);
SELECT read_ct, processing_duration, vt FROM pgqrs.get_archived('finish', :id);
SELECT pgqrs.enqueue('finish', '1') AS id \gset
SELECT pgqrs.archive('finish', :id, 0);

-- delete keeps nothing.
SELECT pgqrs.enqueue('finish', '1') AS id \gset
SELECT read_ct FROM pgqrs.dequeue('finish');
SELECT pgqrs.delete('finish', :id, 1), pgqrs.delete('finish', :id, 1);
SELECT count(*) FROM pgqrs.get_archived('finish', :id);

-- Fencing: a delivery that was taken over changes nothing, the one that took over does.
SELECT pgqrs.enqueue('finish', '1') AS id \gset
SELECT read_ct FROM pgqrs.dequeue('finish');
SET pgqrs.clock_offset = '31 s';
SELECT read_ct FROM pgqrs.dequeue('finish');
SELECT * FROM pgqrs.get_message('finish', :id) \gset before_
SELECT r AS read_ct, pgqrs.archive('finish', :id, r), pgqrs.delete('finish', :id, r), pgqrs.release('finish', :id, '0', r),
    pgqrs.release('finish', :id, '1 h', r), pgqrs.extend_visibility('finish', :id, '1 h', r)
FROM unnest(ARRAY[1, 0, -1, 3, 2147483647, -2147483648]) AS r;
SELECT vt = :'before_vt' AND available_at = :'before_available_at' AND read_ct = 2 AS unchanged FROM pgqrs.get_message('finish', :id);
SELECT pgqrs.extend_visibility('finish', :id, '1 h', 2), pgqrs.archive('finish', :id, 2);
RESET pgqrs.clock_offset;

-- A lease that ran out but that nobody took over is still the holder's.
SELECT pgqrs.enqueue('finish', '1') AS id \gset
SELECT read_ct FROM pgqrs.dequeue('finish');
SET pgqrs.clock_offset = '1 h';
SELECT pgqrs.archive('finish', :id, 1);
RESET pgqrs.clock_offset;

-- release: at once in its old place before younger ones, without lease and worker; read_ct stays.
SELECT pgqrs.enqueue('finish', '"old"') AS id \gset
SELECT pgqrs.enqueue('finish', '"young"') AS young \gset
SELECT payload, read_ct FROM pgqrs.dequeue('finish', worker => :w);
SELECT * FROM pgqrs.get_message('finish', :id) \gset before_
SELECT pgqrs.release('finish', :id, read_ct => 1);
SELECT read_ct, vt, worker_id, available_at = :'before_available_at' AS old_place FROM pgqrs.get_message('finish', :id);
SELECT payload, read_ct FROM pgqrs.dequeue('finish');
-- With a delay it is available after that, and so behind the others; its read_ct still stays.
SELECT pgqrs.release('finish', :id, delay => '10 min', read_ct => 2);
SELECT read_ct, vt, worker_id, available_at - clock_timestamp() BETWEEN '9 min' AND '10 min' AS delayed
FROM pgqrs.get_message('finish', :id);
SELECT delayed FROM pgqrs.queue_metrics('finish');
SELECT payload FROM pgqrs.dequeue_batch('finish', 10);
SET pgqrs.clock_offset = '11 min';
SELECT payload, read_ct FROM pgqrs.dequeue_batch('finish', 10);
RESET pgqrs.clock_offset;
SELECT pgqrs.delete('finish', :young);
-- Releasing what is delayed, or was never delivered, makes it available now.
SELECT pgqrs.release('finish', :id, '1 h');
SELECT pgqrs.release('finish', :id);
SELECT available_at <= clock_timestamp() AS available FROM pgqrs.get_message('finish', :id);
SELECT payload, read_ct FROM pgqrs.dequeue('finish');
-- A delivery that ended by a release does not count against max_deliveries.
SELECT max_deliveries FROM pgqrs.alter_queue('finish', max_deliveries => 1);
SELECT read_ct - given_back AS counted FROM pgqrs.messages WHERE id = :id;
SELECT pgqrs.release('finish', :id);
SELECT payload, read_ct FROM pgqrs.dequeue('finish');
SELECT exhausted FROM pgqrs.queue_metrics('finish');
SELECT pgqrs.delete('finish', :id);
SELECT pgqrs.release('finish', :id);
SELECT max_deliveries FROM pgqrs.alter_queue('finish', max_deliveries => 0);

-- extend_visibility counts from now, longer or shorter; read_ct stays.
SELECT pgqrs.enqueue('finish', '1') AS id \gset
SELECT pgqrs.extend_visibility('finish', :id, '1 h') AS without_lease;
SELECT read_ct FROM pgqrs.dequeue('finish', '1 h');
SELECT pgqrs.extend_visibility('finish', :id, '10 min', 1);
SELECT vt - clock_timestamp() BETWEEN '9 min' AND '10 min' AS from_now, read_ct FROM pgqrs.get_message('finish', :id);
SET pgqrs.clock_offset = '9 min';
SELECT * FROM pgqrs.dequeue('finish');
SELECT pgqrs.extend_visibility('finish', :id, '10 min', 1);
SET pgqrs.clock_offset = '18 min';
SELECT * FROM pgqrs.dequeue('finish');
-- A lease that ran out comes back to life unless the message was delivered again.
SET pgqrs.clock_offset = '30 min';
SELECT pgqrs.extend_visibility('finish', :id, '10 min', 1);
SELECT * FROM pgqrs.dequeue('finish');
SET pgqrs.clock_offset = '50 min';
SELECT read_ct FROM pgqrs.dequeue('finish');
SELECT pgqrs.extend_visibility('finish', :id, '10 min', 1);
-- A released message has no lease.
SELECT pgqrs.release('finish', :id, read_ct => 2);
SELECT pgqrs.extend_visibility('finish', :id, '10 min', 2);
RESET pgqrs.clock_offset;
SELECT pgqrs.delete('finish', :id);

-- Ids that are not in this queue.
SELECT pgqrs.enqueue('finish', '1') AS id \gset
SELECT pgqrs.archive('finish.other', :id), pgqrs.delete('finish.other', :id), pgqrs.release('finish.other', :id),
    pgqrs.extend_visibility('finish.other', :id, '1 s');
SELECT i AS id, pgqrs.archive('finish', i), pgqrs.delete('finish', i), pgqrs.release('finish', i), pgqrs.extend_visibility('finish', i, '1 s')
FROM unnest(ARRAY[0, -1, 9223372036854775807, -9223372036854775808]) AS i;
SELECT read_ct FROM pgqrs.get_message('finish', :id);

-- A paused queue lets consumers finish.
SELECT read_ct FROM pgqrs.dequeue('finish');
SELECT pgqrs.pause_queue('finish');
SELECT pgqrs.extend_visibility('finish', :id, '1 h', 1), pgqrs.release('finish', :id, read_ct => 1), pgqrs.archive('finish', :id);
SELECT pgqrs.resume_queue('finish');

-- Wrong arguments.
SELECT call, pg_temp.error_of('SELECT pgqrs.' || call)
FROM unnest(ARRAY[
    $$archive('finish', NULL)$$, $$delete('finish', NULL)$$, $$release('finish', NULL)$$,
    $$extend_visibility('finish', NULL, '1 s')$$, $$release('finish', 1, '-1 s')$$,
    $$release('finish', 1, '367 days')$$, $$release('finish', 1, '178000000 years')$$,
    $$extend_visibility('finish', 1, NULL)$$, $$extend_visibility('finish', 1, '0')$$,
    $$extend_visibility('finish', 1, '-1 s')$$, $$extend_visibility('finish', 1, '367 days')$$]) AS call;

SELECT pgqrs.drop_queue('finish'), pgqrs.drop_queue('finish.other');
