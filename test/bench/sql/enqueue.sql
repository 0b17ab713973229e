-- enqueue
SELECT pgqrs.enqueue('bench', :payload);
