-- What queue_metrics knows without counting is what it counts with exact => true, after every kind of change. (Without preloading both count.)
\getenv tests PG_ABS_SRCDIR
\set errors :tests /sql/include/errors.sql
\i :errors
SELECT id AS q FROM pgqrs.create_queue('metrics_counts') \gset
SELECT id AS other FROM pgqrs.create_queue('metrics_counts.other') \gset

-- NULL when the two agree. Of more than 1000 messages, those with a lease and those put off are known.
CREATE FUNCTION pg_temp.differs(queue text) RETURNS text LANGUAGE plpgsql AS $$
DECLARE
    known pgqrs.metrics := pgqrs.queue_metrics(queue);
    counted pgqrs.metrics := pgqrs.queue_metrics(queue, exact => true);
    leased bigint;
    put_off bigint;
BEGIN
    IF NOT counted.exact THEN
        RETURN 'not exact';
    END IF;
    IF NOT known.exact THEN
        SELECT count(m.vt), count(*) FILTER (WHERE m.vt IS NULL AND m.flags = 0 AND m.available_at > coalesce(m.delivered_at, m.enqueued_at))
        INTO leased, put_off
        FROM pgqrs.messages AS m JOIN pgqrs.queues AS q ON q.id = m.queue_id WHERE q.name = queue;
        IF known.in_flight <> leased OR known.delayed <> put_off OR known.pending <> known.messages - leased - put_off
            OR known.exhausted IS NOT NULL OR known.newest_enqueued_at < counted.newest_enqueued_at
        THEN
            RETURN format('leased %s, put off %s: %s', leased, put_off, known);
        END IF;
    ELSIF (known.pending, known.in_flight, known.delayed, known.exhausted, known.newest_enqueued_at)
        IS DISTINCT FROM (counted.pending, counted.in_flight, counted.delayed, counted.exhausted, counted.newest_enqueued_at)
    THEN
        RETURN format('%s is not %s', known, counted);
    END IF;
    IF (known.messages, known.archived, known.total_enqueued, known.total_finished, known.paused)
        IS DISTINCT FROM (counted.messages, counted.archived, counted.total_enqueued, counted.total_finished, counted.paused)
    THEN
        RETURN format('%s is not %s', known, counted);
    END IF;
    IF known.oldest_pending_age IS DISTINCT FROM counted.oldest_pending_age - (counted.measured_at - known.measured_at) THEN
        RETURN format('age %s is not %s', known.oldest_pending_age, counted.oldest_pending_age);
    END IF;
    RETURN NULL;
END
$$;
-- Those from one place to another in the order of ids.
CREATE FUNCTION pg_temp.ids(first int, last int) RETURNS bigint[] LANGUAGE sql STABLE
    AS $$ SELECT (array_agg(m.id ORDER BY m.id))[first:last] FROM pgqrs.messages AS m JOIN pgqrs.queues AS q ON q.id = m.queue_id WHERE q.name = 'metrics_counts' $$;
\set check 'SELECT pg_temp.differs(''metrics_counts'')'

:check;
-- Few messages, then more.
SELECT count(*) FROM pgqrs.enqueue_batch('metrics_counts', '{1,2,3}');
SELECT count(*) FROM pgqrs.enqueue_batch('metrics_counts', '{4,5}', '1 h');
:check;
SELECT messages, pending, delayed FROM pgqrs.queue_metrics('metrics_counts');
SELECT count(*) FROM pgqrs.enqueue_batch('metrics_counts', array_fill('6'::jsonb, ARRAY[2500]));
SELECT count(*) FROM pgqrs.enqueue_batch('metrics_counts', array_fill('7'::jsonb, ARRAY[100]), '1 h', priority => 0);
SELECT pgqrs.enqueue_at('metrics_counts', '8', now()) > 0 AS at_once, pgqrs.enqueue_at('metrics_counts', '9', now() + interval '1 day') > 0 AS later;
:check;
SELECT messages, pending, in_flight, delayed, archived, oldest_pending_age < '1 h' AS age, total_enqueued, total_finished FROM pgqrs.queue_metrics('metrics_counts');

-- Deliveries and every way to finish them.
SELECT count(*) FROM pgqrs.dequeue_batch('metrics_counts', 100, '1 h');
:check;
SELECT pgqrs.release('metrics_counts', (pg_temp.ids(1, 1))[1]), pgqrs.release('metrics_counts', (pg_temp.ids(2, 2))[1], '1 h');
SELECT count(*) FILTER (WHERE done) FROM pgqrs.release_batch('metrics_counts', pg_temp.ids(10, 19));
-- Delayed ones that never were delivered.
SELECT count(*) FILTER (WHERE done) FROM pgqrs.release_batch('metrics_counts', pg_temp.ids(4, 5));
:check;
SELECT pgqrs.extend_visibility('metrics_counts', (pg_temp.ids(30, 30))[1], '2 h'), pgqrs.extend_visibility('metrics_counts', (pg_temp.ids(2600, 2600))[1], '2 h');
SELECT count(*) FROM pgqrs.dequeue('metrics_counts');
:check;
SELECT count(*) FILTER (WHERE done) FROM pgqrs.archive_batch('metrics_counts', pg_temp.ids(1, 40));
SELECT count(*) FILTER (WHERE done) FROM pgqrs.delete_batch('metrics_counts', pg_temp.ids(30, 60));
SELECT count(*) FROM pgqrs.pop('metrics_counts', 20);
:check;
SELECT pgqrs.archive('metrics_counts', (pg_temp.ids(1, 1))[1]), pgqrs.delete('metrics_counts', (pg_temp.ids(2, 2))[1]), pgqrs.delete('metrics_counts', -1);
SET pgqrs.clock_offset = '1 min';
SELECT pgqrs.purge_archive('metrics_counts', '0');
RESET pgqrs.clock_offset;
:check;

-- A transaction sees its own changes, and a rollback takes them back; so do savepoints.
SELECT messages AS before FROM pgqrs.queue_metrics('metrics_counts') \gset
BEGIN;
SELECT count(*) FROM pgqrs.enqueue_batch('metrics_counts', '{1,2,3}', '1 h');
SAVEPOINT s;
SELECT count(*) FROM pgqrs.dequeue_batch('metrics_counts', 7);
SELECT count(*) FROM pgqrs.pop('metrics_counts', 5);
:check;
SELECT messages - :before AS more FROM pgqrs.queue_metrics('metrics_counts');
ROLLBACK TO s;
:check;
SAVEPOINT s;
SELECT count(*) FROM pgqrs.dequeue_batch('metrics_counts', 3);
RELEASE s;
SELECT messages - :before AS more FROM pgqrs.queue_metrics('metrics_counts');
:check;
COMMIT;
:check;
BEGIN;
SELECT count(*) FROM pgqrs.pop('metrics_counts', 5);
ROLLBACK;
:check;
-- What a transaction with one snapshot sees is that snapshot.
BEGIN ISOLATION LEVEL REPEATABLE READ;
SELECT count(*) FROM pgqrs.enqueue_batch('metrics_counts', '{1,2,3}');
:check;
SELECT exact FROM pgqrs.queue_metrics('metrics_counts');
COMMIT;
:check;

-- By hand.
INSERT INTO pgqrs.messages (queue_id, payload) SELECT :q, '1' FROM generate_series(1, 10);
INSERT INTO pgqrs.messages (queue_id, payload, available_at, enqueued_at) VALUES (:q, '1', now() + interval '1 h', now() - interval '1 h'), (:q, '1', now() - interval '3 h', now() - interval '1 h');
:check;
UPDATE pgqrs.messages SET vt = now() + interval '1 h' WHERE id = ANY (pg_temp.ids(1000, 1010));
UPDATE pgqrs.messages SET vt = NULL WHERE id = ANY (pg_temp.ids(1005, 1020));
UPDATE pgqrs.messages SET available_at = available_at + interval '1 h' WHERE id = ANY (pg_temp.ids(1015, 1025));
:check;
UPDATE pgqrs.messages SET queue_id = :other WHERE id = ANY (pg_temp.ids(1000, 1020));
:check;
SELECT pg_temp.differs('metrics_counts.other'), messages FROM pgqrs.queue_metrics('metrics_counts.other');
DELETE FROM pgqrs.messages WHERE id = ANY (pg_temp.ids(990, 1010));
:check;
INSERT INTO pgqrs.archive (id, queue_id, available_at, enqueued_at, read_ct, priority, payload) SELECT -n, :q, now(), now(), 1, 1, '1' FROM generate_series(1, 5) AS n;
UPDATE pgqrs.archive SET queue_id = :other WHERE id = -2;
DELETE FROM pgqrs.archive WHERE id = -1;
INSERT INTO pgqrs.departures (queue_id, finished, discarded) VALUES (:q, 10, 20), (:other, 3, 4);
UPDATE pgqrs.departures SET finished = 5 WHERE queue_id = :q AND discarded = 20;
DELETE FROM pgqrs.departures WHERE queue_id = :other AND finished = 3;
:check;
SELECT pg_temp.differs('metrics_counts.other'), messages, archived, total_enqueued, total_finished FROM pgqrs.queue_metrics('metrics_counts.other');

-- With triggers of others, where everything goes through SQL.
CREATE FUNCTION metrics_counts_change() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN RETURN coalesce(NEW, OLD); END $$;
CREATE TRIGGER metrics_counts_change BEFORE INSERT OR UPDATE OR DELETE ON pgqrs.messages FOR EACH ROW EXECUTE FUNCTION metrics_counts_change();
CREATE TRIGGER metrics_counts_change BEFORE INSERT OR UPDATE OR DELETE ON pgqrs.archive FOR EACH ROW EXECUTE FUNCTION metrics_counts_change();
CREATE TRIGGER metrics_counts_change BEFORE INSERT OR UPDATE OR DELETE ON pgqrs.departures FOR EACH ROW EXECUTE FUNCTION metrics_counts_change();
SELECT count(*) FROM pgqrs.enqueue_batch('metrics_counts', '{1,2,3}', '1 h', priority => 1);
SELECT count(*) FROM pgqrs.dequeue_batch('metrics_counts', 10);
SELECT count(*) FILTER (WHERE done) FROM pgqrs.archive_batch('metrics_counts', pg_temp.ids(1, 3));
SELECT count(*) FILTER (WHERE done) FROM pgqrs.delete_batch('metrics_counts', pg_temp.ids(1, 3));
SELECT count(*) FILTER (WHERE done) FROM pgqrs.release_batch('metrics_counts', pg_temp.ids(1, 3), '1 h');
SELECT pgqrs.extend_visibility('metrics_counts', (pg_temp.ids(8, 8))[1], '2 h');
:check;
DROP TRIGGER metrics_counts_change ON pgqrs.messages;
DROP TRIGGER metrics_counts_change ON pgqrs.archive;
DROP TRIGGER metrics_counts_change ON pgqrs.departures;
DROP FUNCTION metrics_counts_change();

-- Summing departures up changes nothing.
SELECT count(*) FILTER (WHERE pgqrs.delete('metrics_counts', id)) FROM unnest(pg_temp.ids(1, 600)) AS id;
:check;
SELECT count(*) < 600 AS summed_up FROM pgqrs.departures WHERE queue_id = :q;

-- The oldest of several priorities; what lies before it has no lease that lasts.
SELECT pgqrs.enqueue('metrics_counts', '1', priority => 9) AS low \gset
SELECT count(*) FROM pgqrs.enqueue_batch('metrics_counts', array_fill('6'::jsonb, ARRAY[600]), priority => 2);
UPDATE pgqrs.messages SET available_at = available_at - interval '1 day' WHERE id = :low;
:check;
SELECT oldest_pending_age > '1 day' AS low FROM pgqrs.queue_metrics('metrics_counts');

-- Who may not read everything is not told how much it is.
CREATE ROLE regress_pgqrs_looker;
GRANT USAGE ON SCHEMA pgqrs TO regress_pgqrs_looker;
GRANT EXECUTE ON FUNCTION pgqrs.queue_metrics(text, boolean), pgqrs.all_queues_metrics(boolean) TO regress_pgqrs_looker;
GRANT SELECT ON pgqrs.queues, pgqrs.messages, pgqrs.departures TO regress_pgqrs_looker;
SET ROLE regress_pgqrs_looker;
SELECT pg_temp.error_of($$SELECT pgqrs.queue_metrics('metrics_counts')$$);
RESET ROLE;
GRANT SELECT ON pgqrs.archive TO regress_pgqrs_looker;
ALTER TABLE pgqrs.messages ENABLE ROW LEVEL SECURITY;
CREATE POLICY metrics_counts_policy ON pgqrs.messages TO regress_pgqrs_looker USING (id = 0);
SET ROLE regress_pgqrs_looker;
SELECT messages, exact FROM pgqrs.queue_metrics('metrics_counts');
SELECT messages, exact FROM pgqrs.all_queues_metrics() WHERE queue = 'metrics_counts';
RESET ROLE;
DROP POLICY metrics_counts_policy ON pgqrs.messages;
ALTER TABLE pgqrs.messages DISABLE ROW LEVEL SECURITY;
:check;
DROP OWNED BY regress_pgqrs_looker;
DROP ROLE regress_pgqrs_looker;

SELECT pg_temp.error_of($$SELECT pgqrs.queue_metrics('metrics_counts.none', true)$$);

-- All queues alike; then without rows, by TRUNCATE, one that is undone first.
SELECT (a).queue FROM pgqrs.all_queues_metrics() AS a JOIN pgqrs.all_queues_metrics(exact => true) AS e USING (queue)
WHERE (a.messages, a.archived, a.total_enqueued, a.total_finished) IS DISTINCT FROM (e.messages, e.archived, e.total_enqueued, e.total_finished);
BEGIN;
TRUNCATE pgqrs.messages;
:check;
ROLLBACK;
:check;
SELECT messages > 1000 AS many FROM pgqrs.queue_metrics('metrics_counts');
TRUNCATE pgqrs.archive;
TRUNCATE pgqrs.departures;
:check;
SELECT pgqrs.purge_queue('metrics_counts') > 1000 AS many;
:check;
TRUNCATE pgqrs.messages, pgqrs.departures;
:check;
SELECT messages, total_enqueued FROM pgqrs.queue_metrics('metrics_counts');
SELECT pgqrs.drop_queue('metrics_counts'), pgqrs.drop_queue('metrics_counts.other');
SELECT name FROM pgqrs.create_queue('metrics_counts');
:check;
SELECT pgqrs.drop_queue('metrics_counts');
