-- A dequeue that waits finds what its own transaction has put into the queue for later, when its time has come.
SELECT name FROM pgqrs.create_queue('wait_own');
-- It has been seen empty, so there is no other reason to look into it.
SELECT * FROM pgqrs.dequeue('wait_own');
SELECT clock_timestamp() AS began \gset
BEGIN;
SELECT pgqrs.enqueue('wait_own', '"delayed"', '50 ms') > 0 AS enqueued;
SELECT payload, read_ct FROM pgqrs.dequeue('wait_own', vt => '50 ms', wait => '60 s');
SELECT payload, read_ct FROM pgqrs.dequeue('wait_own', wait => '60 s');
SELECT pgqrs.enqueue('wait_own', '"at once"') > 0, pgqrs.enqueue('wait_own', '"later"', '50 ms') > 0 AS enqueued;
SELECT payload, read_ct FROM pgqrs.dequeue('wait_own', wait => '60 s');
SELECT payload, read_ct FROM pgqrs.dequeue('wait_own', wait => '60 s');
SELECT * FROM pgqrs.dequeue('wait_own', wait => '10 ms');
COMMIT;
SELECT clock_timestamp() - :'began' < interval '30 s' AS in_time;
SELECT payload, read_ct FROM pgqrs.list_messages('wait_own');
SELECT pgqrs.drop_queue('wait_own', force => true);
