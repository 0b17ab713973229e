-- With a right to consume, and no privilege on a table, a worker lives through all of its life; of the workers of another
-- queue it sees and changes nothing.
\getenv tests PG_ABS_SRCDIR
\set errors :tests /sql/include/errors.sql
\i :errors
SET client_min_messages = warning;
CREATE ROLE regress_pgqrs_consume;
SELECT name FROM pgqrs.create_queue('rights.own');
SELECT name FROM pgqrs.create_queue('rights.other');
SELECT pgqrs.register_worker('rights.other', 'stranger') AS stranger \gset
SELECT count(*) FROM pgqrs.enqueue_batch('rights.own', '{1,2,3,4}');
SELECT pgqrs.grant_queue('rights.own', 'regress_pgqrs_consume', 'consume');

SET ROLE regress_pgqrs_consume;
SELECT pgqrs.register_worker('rights.own', 'w', lease => '10 s') AS w \gset
SELECT payload, worker_id = :w AS ours FROM pgqrs.dequeue('rights.own', worker => :w);
SELECT state FROM pgqrs.get_worker(:w);
-- A sign of life is due: each way to give one writes it.
RESET ROLE;
SET pgqrs.clock_offset = '4 s';
SET ROLE regress_pgqrs_consume;
SELECT payload FROM pgqrs.dequeue('rights.own', worker => :w);
SELECT heartbeat_at > now() + '3 s' AS noted FROM pgqrs.get_worker(:w);
RESET ROLE;
SET pgqrs.clock_offset = '8 s';
SET ROLE regress_pgqrs_consume;
SELECT m.payload, e.done
FROM pgqrs.next('rights.own', worker => :w) AS m,
    LATERAL pgqrs.extend_batch('rights.own', ARRAY[m.id], '30 s') AS e;
SELECT heartbeat_at > now() + '7 s' AS noted FROM pgqrs.get_worker(:w);
RESET ROLE;
SET pgqrs.clock_offset = '12 s';
SELECT array_agg(id) AS ids FROM pgqrs.messages WHERE worker_id = :w \gset
SET ROLE regress_pgqrs_consume;
SELECT lost, cancelled FROM pgqrs.heartbeat(:w, :'ids');
SELECT heartbeat_at > now() + '11 s' AS noted FROM pgqrs.get_worker(:w);
RESET ROLE;
RESET pgqrs.clock_offset;
SET ROLE regress_pgqrs_consume;
SELECT in_flight FROM pgqrs.worker_metrics('rights.own');
SELECT state FROM pgqrs.suspend_worker(:w);
SELECT count(*) FROM pgqrs.dequeue('rights.own', worker => :w);
SELECT state FROM pgqrs.resume_worker(:w);
SELECT pgqrs.release_worker_messages(:w);
SELECT state FROM pgqrs.stop_worker(:w);
SELECT pgqrs.purge_workers(older_than => '0');
SELECT queue, ready, stopped FROM pgqrs.worker_health();

-- The worker of the other queue.
SELECT * FROM pgqrs.list_workers();
\set VERBOSITY sqlstate
SELECT pgqrs.get_worker(:stranger);
SELECT pgqrs.heartbeat(:stranger);
SELECT pgqrs.suspend_worker(:stranger);
SELECT pgqrs.stop_worker(:stranger);
SELECT pgqrs.release_worker_messages(:stranger);
SELECT pgqrs.delete_worker(:stranger);
SELECT pgqrs.purge_workers('rights.other');
SELECT pgqrs.dequeue('rights.own', worker => :stranger);
SELECT pgqrs.heartbeat(-1);
RESET ROLE;
SELECT name, state FROM pgqrs.list_workers();
DROP OWNED BY regress_pgqrs_consume;
DROP ROLE regress_pgqrs_consume;
SELECT count(*) FROM pgqrs.grants;
SELECT pgqrs.drop_queue('rights.own', force => true) > 0, pgqrs.drop_queue('rights.other', force => true) > 0 AS dropped;
