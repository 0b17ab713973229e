-- wait
SELECT * FROM pgqrs.dequeue(:queue, wait => '10 min');
