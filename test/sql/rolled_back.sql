-- What a dequeue passed because of a change that was rolled back is delivered at the next dequeue.
SET pgqrs.rescan_interval = '1 d';
SELECT name FROM pgqrs.create_queue('rolled_back');
SELECT pgqrs.enqueue('rolled_back', '"message"') > 0 AS enqueued;
SELECT payload, read_ct FROM pgqrs.dequeue('rolled_back', '1 ms');
SELECT pg_sleep(0.01);

-- A lower limit of deliveries.
BEGIN;
SELECT max_deliveries FROM pgqrs.alter_queue('rolled_back', max_deliveries => 1);
SELECT payload FROM pgqrs.dequeue('rolled_back');
ROLLBACK;
SELECT payload, read_ct FROM pgqrs.dequeue('rolled_back', '1 ms');
SELECT pg_sleep(0.01);

-- The same up to a savepoint.
BEGIN;
SAVEPOINT s;
SELECT max_deliveries FROM pgqrs.alter_queue('rolled_back', max_deliveries => 1);
SELECT payload FROM pgqrs.dequeue('rolled_back');
ROLLBACK TO s;
COMMIT;
SELECT payload, read_ct FROM pgqrs.dequeue('rolled_back', '1 ms');
SELECT pg_sleep(0.01);

-- An emptied table.
BEGIN;
TRUNCATE pgqrs.messages;
SELECT payload FROM pgqrs.dequeue('rolled_back');
ROLLBACK;
SELECT payload, read_ct FROM pgqrs.dequeue('rolled_back', '1 ms');

SELECT pgqrs.drop_queue('rolled_back', true);
