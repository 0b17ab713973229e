-- next
SELECT pgq.next_batch('bench', 'consumer') AS batch_id;
-- events
SELECT * FROM pgq.get_batch_events(:batch_id);
-- finish
SELECT pgq.finish_batch(:batch_id);
