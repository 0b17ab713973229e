-- enqueue
SELECT * FROM pgqrs.enqueue_batch('bench', :payloads);
