-- wait
SELECT * FROM pgqrs.dequeue(:queue, wait => '1 min');
