-- What users put on pgqrs.messages happens: triggers fire, for every way to enqueue, deliver and finish. Rules and row-level security are refused.
\getenv tests PG_ABS_SRCDIR
\set errors :tests /sql/include/errors.sql
\i :errors
SELECT id AS q FROM pgqrs.create_queue('custom_tables') \gset

-- A trigger that sees, one that changes, one that suppresses.
CREATE TABLE custom_tables_seen (op text, payload jsonb, priority int);
CREATE FUNCTION custom_tables_see() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    INSERT INTO custom_tables_seen VALUES (TG_OP || ' ' || TG_WHEN, NEW.payload, NEW.priority);
    IF NEW.payload = '"suppress"' THEN RETURN NULL; END IF;
    IF NEW.payload = '"change"' THEN NEW.payload := '"changed"'; END IF;
    IF NEW.payload = '"refuse"' THEN RAISE EXCEPTION 'refused' USING ERRCODE = 'UT001'; END IF;
    RETURN NEW;
END
$$;
CREATE TRIGGER custom_tables_before BEFORE INSERT ON pgqrs.messages FOR EACH ROW EXECUTE FUNCTION custom_tables_see();
CREATE TRIGGER custom_tables_after AFTER INSERT ON pgqrs.messages FOR EACH ROW EXECUTE FUNCTION custom_tables_see();
SELECT pgqrs.enqueue('custom_tables', '1', priority => 3) > 0 AS enqueued;
SELECT pgqrs.enqueue_at('custom_tables', '2', now()) > 0 AS enqueued;
SELECT count(*) FROM pgqrs.enqueue_batch('custom_tables', '{3,4}', priority => 7);
SELECT pgqrs.enqueue('custom_tables', '"change"') > 0 AS enqueued;
SELECT * FROM custom_tables_seen;
SELECT payload, priority FROM pgqrs.dequeue_batch('custom_tables', 10);
SELECT pg_temp.error_of($$SELECT pgqrs.enqueue('custom_tables', '"refuse"')$$);
SELECT pg_temp.error_of($$SELECT pgqrs.enqueue_batch('custom_tables', '{1,"\"refuse\""}')$$);
SELECT pg_temp.error_of($$SELECT pgqrs.enqueue('custom_tables', '"suppress"')$$);
SELECT pg_temp.error_of($$SELECT pgqrs.enqueue_batch('custom_tables', '{1,"\"suppress\""}')$$);
SELECT pgqrs.purge_queue('custom_tables');
DROP TRIGGER custom_tables_before ON pgqrs.messages;
DROP TRIGGER custom_tables_after ON pgqrs.messages;
SELECT count(*) FROM pgqrs.enqueue_batch('custom_tables', '{1,2}');
SELECT count(*) FROM custom_tables_seen WHERE payload = '2';
DROP FUNCTION custom_tables_see();
DROP TABLE custom_tables_seen;
SELECT pgqrs.purge_queue('custom_tables');

-- A statement trigger.
CREATE SEQUENCE custom_tables_calls;
CREATE FUNCTION custom_tables_count() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN PERFORM nextval('custom_tables_calls'); RETURN NULL; END $$;
CREATE TRIGGER custom_tables_statement AFTER INSERT ON pgqrs.messages EXECUTE FUNCTION custom_tables_count();
SELECT pgqrs.enqueue('custom_tables', '1') > 0 AS enqueued;
SELECT is_called FROM custom_tables_calls;
DROP TRIGGER custom_tables_statement ON pgqrs.messages;
DROP FUNCTION custom_tables_count();
DROP SEQUENCE custom_tables_calls;
SELECT pgqrs.purge_queue('custom_tables');

-- Triggers on UPDATE and DELETE fire for deliveries and for finishing; the delivery is in order and shows what the trigger made of it.
CREATE TABLE custom_tables_seen (op text, payload jsonb, read_ct int);
CREATE FUNCTION custom_tables_see() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    INSERT INTO custom_tables_seen VALUES (TG_OP, OLD.payload, OLD.read_ct);
    IF TG_OP = 'DELETE' THEN RETURN OLD; END IF;
    NEW.headers := '{"by": "trigger"}';
    RETURN NEW;
END
$$;
CREATE TRIGGER custom_tables_change BEFORE UPDATE OR DELETE ON pgqrs.messages FOR EACH ROW EXECUTE FUNCTION custom_tables_see();
SELECT count(*) FROM pgqrs.enqueue_batch('custom_tables', '{1,2,3,4}');
SELECT pgqrs.enqueue('custom_tables', '0', priority => 0) > 0 AS enqueued;
SELECT payload, read_ct, headers FROM pgqrs.dequeue('custom_tables');
SELECT payload, read_ct, headers FROM pgqrs.dequeue_batch('custom_tables', 3, '1 h');
SELECT count(*) FROM pgqrs.dequeue('custom_tables', '1 h');
SELECT payload FROM pgqrs.dequeue('custom_tables');
SELECT bool_and(pgqrs.archive('custom_tables', id, 1)) FROM pgqrs.list_messages('custom_tables') WHERE payload IN ('0', '1');
SELECT payload, vt - delivered_at AS lease FROM pgqrs.messages WHERE queue_id = :q ORDER BY id;
SELECT op, payload, read_ct FROM custom_tables_seen;
DROP TRIGGER custom_tables_change ON pgqrs.messages;
DROP FUNCTION custom_tables_see();
DROP TABLE custom_tables_seen;
SELECT pgqrs.purge_queue('custom_tables');

-- A trigger that gives a message to another queue, and one that keeps it from being delivered or finished.
SELECT id AS other FROM pgqrs.create_queue('custom_tables.other') \gset
CREATE FUNCTION custom_tables_route() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF TG_OP = 'INSERT' THEN
        NEW.queue_id := (SELECT id FROM pgqrs.queues WHERE name = 'custom_tables.other');
    ELSIF OLD.payload = '"keep"' THEN
        RETURN NULL;
    ELSIF TG_OP = 'DELETE' THEN
        RETURN OLD;
    END IF;
    RETURN NEW;
END
$$;
CREATE TRIGGER custom_tables_route BEFORE INSERT ON pgqrs.messages FOR EACH ROW EXECUTE FUNCTION custom_tables_route();
SELECT count(*) FROM pgqrs.enqueue_batch('custom_tables', '{1,2}');
DROP TRIGGER custom_tables_route ON pgqrs.messages;
SELECT payload FROM pgqrs.dequeue('custom_tables');
SELECT payload FROM pgqrs.dequeue_batch('custom_tables.other', 10);
SELECT queue, messages, in_flight FROM pgqrs.all_queues_metrics() WHERE queue LIKE 'custom_tables%';
SELECT pgqrs.enqueue('custom_tables', '"keep"') AS id \gset
SELECT pgqrs.enqueue('custom_tables', '"take"') > 0 AS enqueued;
CREATE TRIGGER custom_tables_route BEFORE UPDATE OR DELETE ON pgqrs.messages FOR EACH ROW EXECUTE FUNCTION custom_tables_route();
SELECT payload, read_ct FROM pgqrs.dequeue_batch('custom_tables', 10);
SELECT pgqrs.archive('custom_tables', :id), pgqrs.release('custom_tables', :id), pgqrs.delete('custom_tables', :id);
SELECT payload FROM pgqrs.pop('custom_tables');
DROP TRIGGER custom_tables_route ON pgqrs.messages;
SELECT payload, read_ct FROM pgqrs.dequeue_batch('custom_tables', 10);
DROP FUNCTION custom_tables_route();
SELECT pgqrs.drop_queue('custom_tables.other', force => true);
SELECT pgqrs.purge_queue('custom_tables');

-- UPDATE OF fires for the columns that a call writes, WHEN looks at both versions, and transition tables hold all rows of a call.
CREATE TABLE custom_tables_seen (what text, n bigint);
CREATE FUNCTION custom_tables_see() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    INSERT INTO custom_tables_seen VALUES (TG_ARGV[0], NEW.read_ct);
    RETURN NULL;
END
$$;
CREATE FUNCTION custom_tables_see_all() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    INSERT INTO custom_tables_seen SELECT lower(TG_OP), count(*) FROM changed;
    RETURN NULL;
END
$$;
CREATE TRIGGER custom_tables_vt AFTER UPDATE OF vt ON pgqrs.messages FOR EACH ROW EXECUTE FUNCTION custom_tables_see('vt');
CREATE TRIGGER custom_tables_at AFTER UPDATE OF available_at ON pgqrs.messages FOR EACH ROW EXECUTE FUNCTION custom_tables_see('available_at');
CREATE TRIGGER custom_tables_second AFTER UPDATE ON pgqrs.messages FOR EACH ROW WHEN (OLD.read_ct = 1 AND NEW.vt IS NULL)
    EXECUTE FUNCTION custom_tables_see('released');
CREATE TRIGGER custom_tables_inserted AFTER INSERT ON pgqrs.messages REFERENCING NEW TABLE AS changed EXECUTE FUNCTION custom_tables_see_all();
CREATE TRIGGER custom_tables_updated AFTER UPDATE ON pgqrs.messages REFERENCING NEW TABLE AS changed EXECUTE FUNCTION custom_tables_see_all();
CREATE TRIGGER custom_tables_deleted AFTER DELETE ON pgqrs.messages REFERENCING OLD TABLE AS changed EXECUTE FUNCTION custom_tables_see_all();
SELECT min(id) AS id FROM pgqrs.enqueue_batch('custom_tables', '{1,2,3}') AS id \gset
SELECT count(*) FROM pgqrs.dequeue_batch('custom_tables', 2);
SELECT pgqrs.release('custom_tables', :id, '1 h');
SELECT bool_and(done) FROM pgqrs.archive_batch('custom_tables', ARRAY[:id, :id + 1, :id + 2]);
SELECT what, n FROM custom_tables_seen;
DROP TRIGGER custom_tables_vt ON pgqrs.messages;
DROP TRIGGER custom_tables_at ON pgqrs.messages;
DROP TRIGGER custom_tables_second ON pgqrs.messages;
DROP TRIGGER custom_tables_inserted ON pgqrs.messages;
DROP TRIGGER custom_tables_updated ON pgqrs.messages;
DROP TRIGGER custom_tables_deleted ON pgqrs.messages;
DROP FUNCTION custom_tables_see(), custom_tables_see_all();
DROP TABLE custom_tables_seen;

-- A rule would not apply to what is written directly. It is refused for the command that it is about.
SELECT pgqrs.enqueue('custom_tables', '1') > 0 AS enqueued;
CREATE RULE custom_tables_rule AS ON DELETE TO pgqrs.messages DO INSTEAD NOTHING;
SELECT payload FROM pgqrs.dequeue('custom_tables');
SELECT pg_temp.error_of($$SELECT pgqrs.pop('custom_tables')$$);
SELECT pg_temp.error_of($$SELECT pgqrs.delete('custom_tables', 1)$$) ~ '^0A000' AS refused;
ALTER TABLE pgqrs.messages DISABLE RULE custom_tables_rule;
SELECT count(*) FROM pgqrs.pop('custom_tables');
DROP RULE custom_tables_rule ON pgqrs.messages;
SELECT pgqrs.purge_queue('custom_tables');

-- Nor would row-level security. Whom it applies to is refused, and all others are served.
CREATE ROLE regress_pgqrs_tenant;
GRANT USAGE ON SCHEMA pgqrs TO regress_pgqrs_tenant;
GRANT EXECUTE ON ALL FUNCTIONS IN SCHEMA pgqrs TO regress_pgqrs_tenant;
GRANT ALL ON ALL TABLES IN SCHEMA pgqrs TO regress_pgqrs_tenant;
GRANT USAGE ON ALL SEQUENCES IN SCHEMA pgqrs TO regress_pgqrs_tenant;
SELECT pgqrs.enqueue('custom_tables', '{"tenant": "other"}') AS id \gset
ALTER TABLE pgqrs.messages ENABLE ROW LEVEL SECURITY;
CREATE POLICY custom_tables_policy ON pgqrs.messages USING (payload ->> 'tenant' = current_user);
SET ROLE regress_pgqrs_tenant;
SELECT call, pg_temp.error_of('SELECT pgqrs.' || call) AS error FROM unnest(ARRAY[
    $$enqueue('custom_tables', '{"tenant": "regress_pgqrs_tenant"}')$$, $$enqueue_batch('custom_tables', '{1,2}')$$, $$dequeue('custom_tables')$$,
    $$pop('custom_tables')$$, $$peek('custom_tables')$$, $$archive('custom_tables', 1)$$, $$delete('custom_tables', 1)$$,
    $$release('custom_tables', 1)$$, $$extend_visibility('custom_tables', 1, '1 h')$$, $$queue_metrics('custom_tables')$$]) AS call;
SELECT payload FROM pgqrs.list_messages('custom_tables');
RESET ROLE;
SELECT payload, read_ct FROM pgqrs.dequeue_batch('custom_tables', 10);
SELECT pgqrs.archive('custom_tables', :id);
DROP POLICY custom_tables_policy ON pgqrs.messages;
ALTER TABLE pgqrs.messages DISABLE ROW LEVEL SECURITY;
REVOKE ALL ON ALL TABLES IN SCHEMA pgqrs FROM regress_pgqrs_tenant;
REVOKE ALL ON ALL SEQUENCES IN SCHEMA pgqrs FROM regress_pgqrs_tenant;
REVOKE ALL ON ALL FUNCTIONS IN SCHEMA pgqrs FROM regress_pgqrs_tenant;
REVOKE ALL ON SCHEMA pgqrs FROM regress_pgqrs_tenant;
DROP ROLE regress_pgqrs_tenant;

SELECT pgqrs.drop_queue('custom_tables', force => true);
