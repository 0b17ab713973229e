-- take
SELECT id, read_ct, payload FROM pgqrs.dequeue('bench', wait => '1 s');
-- finish
SELECT pgqrs.archive('bench', :id, :read_ct);
