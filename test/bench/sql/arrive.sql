-- enqueue
SELECT pgqrs.enqueue(:queue, :payload, priority => 0);
-- take
SELECT priority, id, read_ct, payload FROM pgqrs.dequeue(:queue);
-- finish
SELECT pgqrs.archive(:queue, :id, :read_ct);
-- take_backlog
SELECT priority, id, read_ct, payload FROM pgqrs.dequeue('backlog');
-- finish_backlog
SELECT pgqrs.archive('backlog', :id, :read_ct);
