-- Messages that are cancelled or expire leave the queue undelivered, and say so in the archive.
\getenv tests PG_ABS_SRCDIR
\set errors :tests /sql/include/errors.sql
\i :errors
SELECT name FROM pgqrs.create_queue('cancel');

-- Waiting, delayed, in flight, gone.
SELECT pgqrs.enqueue('cancel', '"flies"') AS flies \gset
SELECT payload FROM pgqrs.dequeue('cancel');
SELECT pgqrs.enqueue('cancel', '"waits"') AS waits, pgqrs.enqueue('cancel', '"delayed"', '1 h') AS delayed \gset
SELECT c.result FROM pgqrs.cancel('cancel', ARRAY[:delayed, :flies, -1, :waits]::bigint[]) WITH ORDINALITY AS c (id, result, place) ORDER BY place;
SELECT payload, outcome, read_ct, processing_duration FROM pgqrs.list_archive('cancel');
SELECT c.result FROM pgqrs.cancel('cancel', ARRAY[:flies, :flies, :waits]::bigint[]) AS c;
SELECT messages, in_flight, archived FROM pgqrs.queue_metrics('cancel');
-- However its worker ends it, it leaves as cancelled.
SELECT pgqrs.archive('cancel', :flies, 1);
SELECT outcome FROM pgqrs.get_archived('cancel', :flies);
SELECT pgqrs.enqueue('cancel', '"fails"') AS id \gset
SELECT payload FROM pgqrs.dequeue('cancel');
SELECT result FROM pgqrs.cancel('cancel', ARRAY[:id]::bigint[]);
SELECT result, attempt, available_at FROM pgqrs.fail('cancel', :id, 'e');
SELECT outcome, attempt FROM pgqrs.get_archived('cancel', :id);
SELECT died, error FROM pgqrs.list_failures('cancel', :id);
SELECT count(*) FROM pgqrs.list_dead('cancel');
SELECT pgqrs.enqueue('cancel', '"released"') AS id \gset
SELECT payload FROM pgqrs.dequeue('cancel');
SELECT result FROM pgqrs.cancel('cancel', ARRAY[:id]::bigint[]);
SELECT pgqrs.release('cancel', :id, read_ct => 1);
SELECT exhausted, pending FROM pgqrs.queue_metrics('cancel');
SELECT payload FROM pgqrs.dequeue('cancel');
SELECT outcome FROM pgqrs.get_archived('cancel', :id);
SELECT pgqrs.enqueue('cancel', '"lost"') AS id \gset
SELECT payload FROM pgqrs.dequeue('cancel', vt => '1 ms');
SELECT result FROM pgqrs.cancel('cancel', ARRAY[:id]::bigint[]), pg_sleep(0.01);
SELECT payload FROM pgqrs.pop('cancel');
SELECT outcome FROM pgqrs.get_archived('cancel', :id);
SELECT pgqrs.enqueue('cancel', '"deleted"') AS id \gset
SELECT payload FROM pgqrs.dequeue('cancel');
SELECT result FROM pgqrs.cancel('cancel', ARRAY[:id]::bigint[]);
SELECT pgqrs.delete('cancel', :id, 1);
SELECT pg_temp.error_of($$SELECT pgqrs.cancel('cancel', '{NULL}')$$);
SELECT pg_temp.error_of($$SELECT pgqrs.cancel('cancel', NULL)$$);
SELECT count(*) FROM pgqrs.cancel('cancel', '{}');

-- Expiry: of one message, of all of a queue, not while somebody has it, and not again after it came back.
SELECT pgqrs.purge_archive('cancel', '0') > 0 AS purged;
SELECT id FROM pgqrs.enqueue_job('cancel', '"short"', expires_after => '10 s') \gset
SELECT expires_after FROM pgqrs.alter_queue('cancel', expires_after => '1 min');
SELECT pgqrs.enqueue('cancel', '"long"') AS long \gset
SELECT id AS own FROM pgqrs.enqueue_job('cancel', '"own"', expires_after => '1 mon') \gset
SET pgqrs.clock_offset = '11 s';
SELECT pending, exhausted FROM pgqrs.queue_metrics('cancel');
SELECT payload FROM pgqrs.dequeue('cancel');
SELECT payload, outcome, read_ct FROM pgqrs.list_archive('cancel');
SET pgqrs.clock_offset = '70 s';
SELECT payload FROM pgqrs.dequeue_batch('cancel', 5);
-- "long" is under its lease of 30 s from the 11th second on, which is over, and has expired.
SELECT payload, outcome, read_ct FROM pgqrs.list_archive('cancel');
SELECT pgqrs.archive('cancel', :own, 1);
SELECT count(*) FROM pgqrs.list_failures('cancel', :long);
RESET pgqrs.clock_offset;
SELECT expires_after FROM pgqrs.alter_queue('cancel', expires_after => '0');
SELECT pgqrs.enqueue('cancel', '"never"') AS id \gset
SELECT expires_at FROM pgqrs.messages WHERE id = :id;
SELECT pgqrs.drop_queue('cancel', true);
SELECT f.error FROM pgqrs.failures AS f WHERE NOT EXISTS (
    SELECT FROM pgqrs.queues AS q WHERE q.id = f.queue_id);
