-- A rollback leaves nothing; inside a transaction the calls see each other; savepoints, read-only and strict transactions behave.
\getenv tests PG_ABS_SRCDIR
\set errors :tests /sql/include/errors.sql
\i :errors
SELECT id AS q FROM pgqrs.create_queue('transactions') \gset

-- A rollback leaves nothing of an enqueue.
BEGIN;
SELECT pgqrs.enqueue('transactions', '1') > 0 AS enqueued;
SELECT count(*) FROM pgqrs.enqueue_batch('transactions', '{2,3}');
ROLLBACK;
SELECT pgqrs.count_messages('transactions'), total_enqueued FROM pgqrs.queue_metrics('transactions');

-- Inside one transaction: enqueue, dequeue, archive, look.
BEGIN;
SELECT count(*) FROM pgqrs.enqueue_batch('transactions', '{1,2,3}');
SELECT id AS first, payload, read_ct FROM pgqrs.dequeue('transactions') \gset
SELECT :'payload', :read_ct;
SELECT payload FROM pgqrs.list_messages('transactions');
SELECT pending, in_flight FROM pgqrs.queue_metrics('transactions');
SELECT pgqrs.archive('transactions', :first, 1);
SELECT payload FROM pgqrs.list_archive('transactions');
SELECT payload FROM pgqrs.dequeue_batch('transactions', 10);
COMMIT;
SELECT pgqrs.count_messages('transactions'), pgqrs.count_archive('transactions');
SELECT pgqrs.purge_queue('transactions');

-- All within one statement of a procedural language, too.
DO $$
DECLARE
    m pgqrs.message;
    mine bigint := pgqrs.enqueue('transactions', '"do"');
BEGIN
    SELECT * INTO STRICT m FROM pgqrs.dequeue('transactions');
    ASSERT m.id = mine AND m.read_ct = 1;
    ASSERT pgqrs.archive('transactions', m.id, m.read_ct);
    ASSERT NOT pgqrs.archive('transactions', m.id, m.read_ct);
    ASSERT pgqrs.count_messages('transactions') = 0;
END
$$;

-- A rollback undoes deliveries and finishing.
SELECT count(*) FROM pgqrs.enqueue_batch('transactions', '{1,2}');
BEGIN;
SELECT payload, read_ct FROM pgqrs.dequeue('transactions');
SELECT bool_and(pgqrs.archive('transactions', id)) FROM pgqrs.list_messages('transactions');
ROLLBACK;
SELECT payload, read_ct, vt FROM pgqrs.list_messages('transactions');
BEGIN;
SELECT payload, read_ct FROM pgqrs.dequeue('transactions');
SAVEPOINT s;
SELECT payload, read_ct FROM pgqrs.dequeue('transactions');
SELECT pgqrs.enqueue('transactions', '3') > 0 AS enqueued;
ROLLBACK TO s;
SELECT payload, read_ct FROM pgqrs.dequeue('transactions');
SELECT payload, read_ct FROM pgqrs.dequeue('transactions');
COMMIT;
SELECT payload, read_ct FROM pgqrs.list_messages('transactions');
SELECT pgqrs.purge_queue('transactions');

-- An error inside an enclosing block takes back that block only.
DO $$
BEGIN
    PERFORM pgqrs.enqueue('transactions', '"kept"');
    BEGIN
        PERFORM pgqrs.enqueue('transactions', '"lost"');
        PERFORM pgqrs.enqueue('transactions', NULL);
    EXCEPTION WHEN SQLSTATE 'PQ005' THEN NULL;
    END;
    PERFORM pgqrs.enqueue('transactions', '"kept too"');
END
$$;
SELECT payload FROM pgqrs.list_messages('transactions');
SELECT pgqrs.purge_queue('transactions');

-- Queues created, changed and dropped in a transaction that rolls back, wholly or to a savepoint.
BEGIN;
SELECT name FROM pgqrs.create_queue('transactions.q');
SELECT pg_temp.error_of($$SELECT pgqrs.enqueue('transactions.q', '1')$$);
ROLLBACK;
SELECT pg_temp.error_of($$SELECT pgqrs.enqueue('transactions.q', '1')$$);
SELECT pg_temp.error_of($$SELECT pgqrs.dequeue('transactions.q')$$);
BEGIN;
SAVEPOINT s;
SELECT name FROM pgqrs.create_queue('transactions.q');
SELECT pgqrs.enqueue('transactions.q', '1') > 0 AS enqueued;
ROLLBACK TO s;
SELECT pg_temp.error_of($$SELECT pgqrs.enqueue('transactions.q', '1')$$);
SELECT name FROM pgqrs.create_queue('transactions.q', '1 h');
SELECT pgqrs.enqueue('transactions.q', '1') > 0 AS enqueued;
COMMIT;
SELECT pgqrs.count_messages('transactions.q');
-- A dropped queue is back after the rollback, with its messages; one created anew in between is not.
BEGIN;
SELECT pgqrs.drop_queue('transactions.q', force => true);
SELECT pg_temp.error_of($$SELECT pgqrs.enqueue('transactions.q', '1')$$);
SAVEPOINT s;
SELECT name FROM pgqrs.create_queue('transactions.q', '5 min');
SELECT pgqrs.enqueue('transactions.q', '"in the new one"') > 0 AS enqueued;
SELECT payload FROM pgqrs.dequeue('transactions.q');
ROLLBACK TO s;
SELECT pg_temp.error_of($$SELECT pgqrs.enqueue('transactions.q', '1')$$);
ROLLBACK;
SELECT pgqrs.enqueue('transactions.q', '2') > 0 AS enqueued;
SELECT payload FROM pgqrs.list_messages('transactions.q');
-- Settings.
BEGIN;
SELECT visibility_timeout FROM pgqrs.alter_queue('transactions.q', '10 min');
SELECT payload FROM pgqrs.dequeue('transactions.q');
SAVEPOINT s;
SELECT visibility_timeout FROM pgqrs.alter_queue('transactions.q', '20 min');
SELECT payload FROM pgqrs.dequeue('transactions.q');
SELECT payload, vt - delivered_at AS lease FROM pgqrs.messages WHERE queue_id = (pgqrs.get_queue('transactions.q')).id ORDER BY id;
ROLLBACK TO s;
SELECT payload FROM pgqrs.dequeue('transactions.q');
SELECT pgqrs.pause_queue('transactions.q');
SELECT payload FROM pgqrs.dequeue('transactions.q');
SELECT payload, vt - delivered_at AS lease FROM pgqrs.messages WHERE queue_id = (pgqrs.get_queue('transactions.q')).id ORDER BY id;
ROLLBACK;
SELECT payload FROM pgqrs.dequeue('transactions.q');
SELECT payload, vt - delivered_at AS lease FROM pgqrs.messages WHERE queue_id = (pgqrs.get_queue('transactions.q')).id ORDER BY id;
SELECT pgqrs.drop_queue('transactions.q', force => true);

-- Read-only transactions: looking works, everything else gets PostgreSQL's own error.
SELECT pgqrs.enqueue('transactions', '1') AS id \gset
BEGIN READ ONLY;
SELECT payload FROM pgqrs.peek('transactions');
SELECT payload FROM pgqrs.get_message('transactions', :id);
SELECT payload FROM pgqrs.list_messages('transactions');
SELECT pgqrs.count_messages('transactions'), pgqrs.count_archive('transactions'), pgqrs.count_workers('transactions');
SELECT pending FROM pgqrs.queue_metrics('transactions');
SELECT count(*) FROM pgqrs.list_archive('transactions');
SELECT count(*) FROM pgqrs.list_workers('transactions');
SELECT name FROM pgqrs.get_queue('transactions');
SELECT count(*) FROM pgqrs.verify();
SELECT call, regexp_replace(pg_temp.error_of('SELECT pgqrs.' || call), 'execute [A-Z ]+', 'execute this ')
FROM unnest(ARRAY['enqueue(''transactions'', ''1'')', 'enqueue_at(''transactions'', ''1'', now())', 'enqueue_batch(''transactions'', ''{1,2}'')',
    'dequeue(''transactions'')', 'dequeue_batch(''transactions'', 2)', 'pop(''transactions'')', 'archive(''transactions'', 1)',
    'delete(''transactions'', 1)', 'release(''transactions'', 1)', 'extend_visibility(''transactions'', 1, ''1 s'')',
    'archive_batch(''transactions'', ''{1}'')', 'delete_batch(''transactions'', ''{1}'')', 'release_batch(''transactions'', ''{1}'')',
    'next(''transactions'')', 'next(''transactions'', ''{1}'')',
    'create_queue(''transactions.new'')', 'alter_queue(''transactions'', ''1 s'')', 'drop_queue(''transactions'', true)',
    'pause_queue(''transactions'')', 'resume_queue(''transactions'')', 'purge_queue(''transactions'')', 'purge_archive(''transactions'', ''0'')',
    'register_worker(''transactions'', ''w'')', 'delete_worker(1)']) AS call;
COMMIT;

-- REPEATABLE READ and SERIALIZABLE without anybody else work as usual.
SELECT pgqrs.purge_queue('transactions'), pgqrs.purge_archive('transactions', '0');
BEGIN ISOLATION LEVEL REPEATABLE READ;
SELECT count(*) FROM pgqrs.enqueue_batch('transactions', '{1,2,3}');
SELECT payload FROM pgqrs.dequeue('transactions');
SELECT payload FROM pgqrs.pop('transactions');
SELECT pgqrs.archive('transactions', id, 1) FROM pgqrs.list_messages('transactions') WHERE read_ct = 1;
COMMIT;
BEGIN ISOLATION LEVEL SERIALIZABLE;
SELECT pgqrs.enqueue('transactions', '4') > 0 AS enqueued;
SELECT payload FROM pgqrs.dequeue_batch('transactions', 10);
SELECT bool_and(done) FROM pgqrs.delete_batch('transactions', (SELECT array_agg(id) FROM pgqrs.list_messages('transactions')));
SELECT pending, in_flight, archived, total_finished FROM pgqrs.queue_metrics('transactions');
SELECT name FROM pgqrs.create_queue('transactions.serial');
SELECT pgqrs.enqueue('transactions.serial', '1') > 0 AS enqueued;
SELECT pgqrs.drop_queue('transactions.serial', force => true);
COMMIT;

SELECT pgqrs.drop_queue('transactions', force => true);
