-- wait
CALL pgqrs.wait(:queue, '10 min', NULL);
