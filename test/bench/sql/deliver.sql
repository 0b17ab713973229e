-- take
SELECT * FROM pgqrs.dequeue('bench');
-- finish
SELECT pgqrs.archive('bench', :id, :read_ct);
