-- What users put on pgqrs.messages happens: triggers fire and row level security holds, for every way to enqueue, deliver and finish.
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

-- Row level security: who may see and add what.
CREATE ROLE regress_pgqrs_tenant;
GRANT USAGE ON SCHEMA pgqrs TO regress_pgqrs_tenant;
GRANT EXECUTE ON ALL FUNCTIONS IN SCHEMA pgqrs TO regress_pgqrs_tenant;
GRANT ALL ON ALL TABLES IN SCHEMA pgqrs TO regress_pgqrs_tenant;
GRANT USAGE ON ALL SEQUENCES IN SCHEMA pgqrs TO regress_pgqrs_tenant;
SELECT count(*) FROM pgqrs.enqueue_batch('custom_tables', ARRAY['{"tenant": "other"}']::jsonb[]);
ALTER TABLE pgqrs.messages ENABLE ROW LEVEL SECURITY;
CREATE POLICY custom_tables_policy ON pgqrs.messages USING (payload ->> 'tenant' = current_user);
SET ROLE regress_pgqrs_tenant;
SELECT pgqrs.enqueue('custom_tables', '{"tenant": "regress_pgqrs_tenant"}') > 0 AS enqueued;
SELECT count(*) FROM pgqrs.enqueue_batch('custom_tables', ARRAY['{"tenant": "regress_pgqrs_tenant", "n": 2}']::jsonb[]);
SELECT pg_temp.error_of($$SELECT pgqrs.enqueue('custom_tables', '{"tenant": "other"}')$$);
SELECT pg_temp.error_of($$SELECT pgqrs.enqueue_batch('custom_tables', ARRAY['{"tenant": "regress_pgqrs_tenant"}', '1']::jsonb[])$$);
SELECT payload FROM pgqrs.peek('custom_tables', 10);
SELECT payload FROM pgqrs.dequeue('custom_tables');
SELECT payload FROM pgqrs.dequeue_batch('custom_tables', 10);
RESET ROLE;
SELECT payload, read_ct FROM pgqrs.list_messages('custom_tables');
DROP POLICY custom_tables_policy ON pgqrs.messages;
ALTER TABLE pgqrs.messages DISABLE ROW LEVEL SECURITY;
REVOKE ALL ON ALL TABLES IN SCHEMA pgqrs FROM regress_pgqrs_tenant;
REVOKE ALL ON ALL SEQUENCES IN SCHEMA pgqrs FROM regress_pgqrs_tenant;
REVOKE ALL ON ALL FUNCTIONS IN SCHEMA pgqrs FROM regress_pgqrs_tenant;
REVOKE ALL ON SCHEMA pgqrs FROM regress_pgqrs_tenant;
DROP ROLE regress_pgqrs_tenant;

SELECT pgqrs.drop_queue('custom_tables', force => true);
