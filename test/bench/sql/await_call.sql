-- ready
CALL pgqrs.wait('bench', '1 s', NULL);
-- take
SELECT id, read_ct, payload FROM pgqrs.dequeue('bench');
-- finish
SELECT pgqrs.archive('bench', :id, :read_ct);
