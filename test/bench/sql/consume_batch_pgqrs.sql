-- take
SELECT * FROM pgqrs.dequeue_batch('bench', 100);
-- finish
SELECT * FROM pgqrs.archive_batch('bench', :id[], :read_ct[]);
