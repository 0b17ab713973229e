-- What a grant allows when messages fail. A consumer's call writes the history and the archive, and moves dead messages
-- to the queue's dead letter queue. A manager deals with the dead, and sends messages only where he may send any.
\getenv tests PG_ABS_SRCDIR
\set errors :tests /sql/include/errors.sql
\i :errors
SET client_min_messages = warning;
CREATE ROLE regress_pgqrs_consume;
CREATE ROLE regress_pgqrs_manage;
CREATE ROLE regress_pgqrs_monitor;
SELECT name FROM pgqrs.create_queue('rights.dead');
SELECT name FROM pgqrs.create_queue('rights.jobs', max_attempts => 2);
SELECT name FROM pgqrs.create_queue('rights.foreign');
SELECT privilege, pgqrs.grant_queue('rights.jobs', 'regress_pgqrs_' || privilege, privilege)
FROM unnest('{consume,manage,monitor}'::text[]) AS privilege;

-- To the archive.
SELECT pgqrs.enqueue('rights.jobs', '"archived"', priority => 1) AS archived \gset
SET ROLE regress_pgqrs_consume;
SELECT result, f.attempt
FROM pgqrs.dequeue('rights.jobs') AS m, pgqrs.fail('rights.jobs', m.id, 'once', m.read_ct, delay => '0') AS f;
SELECT result, f.attempt
FROM pgqrs.dequeue('rights.jobs') AS m, pgqrs.fail_batch('rights.jobs', ARRAY[m.id], '{twice}', ARRAY[m.read_ct]) AS f;
-- More failures than are kept.
RESET ROLE;
SET pgqrs.failures_kept = 1;
SELECT pgqrs.enqueue('rights.jobs', '"often"', priority => 1) AS often \gset
SET ROLE regress_pgqrs_consume;
SELECT result
FROM pgqrs.dequeue('rights.jobs') AS m, pgqrs.fail('rights.jobs', m.id, 'first', m.read_ct, delay => '0');
SELECT result
FROM pgqrs.dequeue('rights.jobs') AS m, pgqrs.fail('rights.jobs', m.id, 'second', m.read_ct, retry => false);
SELECT pg_temp.error_of($$SELECT pgqrs.list_dead('rights.jobs')$$);
SELECT pg_temp.error_of($$SELECT pgqrs.fail('rights.foreign', 1, 'x')$$);
SET ROLE regress_pgqrs_monitor;
SELECT pg_temp.error_of($$SELECT pgqrs.list_dead('rights.jobs')$$);
SELECT pg_temp.error_of($$SELECT pgqrs.list_failures('rights.jobs', 1)$$);
SET ROLE regress_pgqrs_manage;
SELECT payload, queue, origin, error FROM pgqrs.list_dead('rights.jobs');
SELECT died, error FROM pgqrs.list_failures('rights.jobs', :archived);
SELECT died, error FROM pgqrs.list_failures('rights.jobs', :often);
SELECT pgqrs.discard('rights.jobs', ARRAY[:often]);
SELECT pgqrs.redrive('rights.jobs');
SELECT payload FROM pgqrs.list_messages('rights.jobs');

-- A manager has dead messages sent only to a queue that he may send to.
SELECT pg_temp.error_of($$SELECT pgqrs.alter_queue('rights.jobs', dead_letter_queue => 'rights.dead')$$);
RESET ROLE;
SELECT pgqrs.grant_queue('rights.dead', 'regress_pgqrs_manage', 'produce');
SET ROLE regress_pgqrs_manage;
SELECT dead_letter_queue, max_deliveries
FROM pgqrs.alter_queue('rights.jobs', dead_letter_queue => 'rights.dead', max_deliveries => 1);
RESET ROLE;
SELECT pgqrs.revoke_queue('rights.dead', 'regress_pgqrs_manage', 'produce');

-- Exhausted, expired and cancelled messages are taken out by whoever meets them.
SELECT pgqrs.enqueue('rights.jobs', '"failed"') AS failed \gset
SELECT created FROM pgqrs.enqueue_job('rights.jobs', '"expired"', expires_after => '1 ms');
SELECT pg_sleep(0.01);
SET ROLE regress_pgqrs_consume;
SELECT payload, result
FROM pgqrs.dequeue_batch('rights.jobs', 2, vt => '1 ms') AS m,
    pgqrs.fail('rights.jobs', m.id, 'no', m.read_ct, retry => false)
WHERE payload = '"failed"';
SELECT pg_sleep(0.01);
SELECT payload FROM pgqrs.pop('rights.jobs');
SELECT lost, payload FROM pgqrs.next('rights.jobs', done => '{0}');
RESET ROLE;
SELECT q.name, payload FROM pgqrs.messages AS m JOIN pgqrs.queues AS q ON q.id = m.queue_id ORDER BY m.id;
SELECT payload, outcome FROM pgqrs.list_archive('rights.jobs');

-- The dead are his where they lie; to another queue he needs a right on that one.
SET ROLE regress_pgqrs_manage;
SELECT payload, queue, origin FROM pgqrs.list_dead('rights.jobs');
SELECT pg_temp.error_of($$SELECT pgqrs.list_dead('rights.dead')$$);
SELECT pg_temp.error_of($$SELECT pgqrs.redrive('rights.dead')$$);
SELECT pg_temp.error_of($$SELECT pgqrs.redrive('rights.jobs', target => 'rights.foreign')$$);
SELECT pgqrs.redrive('rights.jobs', ids => ARRAY[:failed]);
SELECT pgqrs.discard('rights.jobs', ids => ARRAY[:archived]);
RESET ROLE;
-- So it is from the archive.
SELECT name FROM pgqrs.alter_queue('rights.jobs', dead_letter_queue => '');
SET ROLE regress_pgqrs_consume;
SELECT lost, payload, result
FROM pgqrs.next('rights.jobs') AS m, pgqrs.fail('rights.jobs', m.id, 'no', m.read_ct, retry => false);
SET ROLE regress_pgqrs_manage;
SELECT pg_temp.error_of($$SELECT pgqrs.redrive('rights.jobs', target => 'rights.foreign')$$);
RESET ROLE;
SELECT pgqrs.grant_queue('rights.foreign', 'regress_pgqrs_manage', 'produce');
SET ROLE regress_pgqrs_manage;
SELECT pgqrs.redrive('rights.jobs', target => 'rights.foreign');
SELECT pg_temp.error_of($$SELECT pgqrs.list_messages('rights.foreign')$$);
-- From a dead letter queue that he manages, only back to where he may send.
RESET ROLE;
SELECT pgqrs.enqueue('rights.jobs', '"back"') AS back \gset
SELECT name FROM pgqrs.alter_queue('rights.jobs', dead_letter_queue => 'rights.dead');
SELECT pgqrs.grant_queue('rights.dead', 'regress_pgqrs_monitor', 'manage');
SET ROLE regress_pgqrs_consume;
SELECT payload, result
FROM pgqrs.dequeue('rights.jobs') AS m, pgqrs.fail('rights.jobs', m.id, 'no', m.read_ct, retry => false);
SET ROLE regress_pgqrs_monitor;
SELECT payload, queue, origin FROM pgqrs.list_dead('rights.dead');
SELECT pg_temp.error_of($$SELECT pgqrs.redrive('rights.dead')$$);
RESET ROLE;
SELECT pgqrs.grant_queue('rights.jobs', 'regress_pgqrs_monitor', 'produce');
SET ROLE regress_pgqrs_monitor;
SELECT pgqrs.redrive('rights.dead');
SET ROLE regress_pgqrs_manage;
SELECT result FROM pgqrs.cancel('rights.jobs', ARRAY[:back]);

-- Retention, and purging in small transactions.
SELECT * FROM pgqrs.set_retention('rights.jobs', 'done', max_age => '1 day');
SELECT * FROM pgqrs.set_retention('rights.jobs', 'dead', max_count => 5);
SELECT * FROM pgqrs.set_retention('rights.jobs', 'done');
SELECT pg_temp.error_of($$SELECT pgqrs.set_retention('rights.foreign', 'done', max_age => '1 day')$$);
RESET ROLE;
SELECT queue FROM pgqrs.set_retention('rights.foreign', 'done', max_age => '1 day');
SET ROLE regress_pgqrs_monitor;
SELECT queue FROM pgqrs.list_retention();
SELECT count(*) FROM pgqrs.list_retention('rights.jobs');
SELECT pg_temp.error_of($$SELECT pgqrs.list_retention('rights.foreign')$$);
SET ROLE regress_pgqrs_manage;
CALL pgqrs.purge('rights.jobs');
CALL pgqrs.purge('rights.jobs', archive => true);
SELECT pgqrs.drop_queue('rights.jobs');
RESET ROLE;
-- They are removed by and by.
DELETE FROM pgqrs.failures;
SELECT count(*) FROM pgqrs.retention;
SELECT * FROM pgqrs.verify();
SELECT pgqrs.drop_queue(name, force => true) > 0 AS had_messages FROM pgqrs.list_queues() WHERE name LIKE 'rights.%';
DROP OWNED BY regress_pgqrs_consume, regress_pgqrs_manage, regress_pgqrs_monitor;
DROP ROLE regress_pgqrs_consume, regress_pgqrs_manage, regress_pgqrs_monitor;
