-- What others put on the tables runs with the rights of the caller, never with those of the extension's owner:
-- triggers, constraints and policies see the role that called the function. A statement that would run such code as
-- the owner is left to the caller's own privileges.
\getenv tests PG_ABS_SRCDIR
\set errors :tests /sql/include/errors.sql
\i :errors
CREATE ROLE regress_pgqrs_part;
CREATE SCHEMA rights_tables;
GRANT USAGE ON SCHEMA rights_tables TO regress_pgqrs_part;
SELECT name FROM pgqrs.create_queue('parts');
SELECT pgqrs.grant_queue('parts', 'regress_pgqrs_part', privilege)
FROM unnest('{produce,consume,manage,monitor}'::text[]) AS privilege;

-- A trigger for rows, on every write, and a constraint: both note who they see.
CREATE TABLE rights_tables.seen (what text, who text);
GRANT INSERT ON rights_tables.seen TO PUBLIC;
CREATE FUNCTION rights_tables.note() RETURNS trigger
    LANGUAGE plpgsql
    AS $$
BEGIN
    INSERT INTO rights_tables.seen VALUES (TG_TABLE_NAME || ' ' || lower(TG_OP), current_user);
    RETURN coalesce(NEW, OLD);
END
$$;
CREATE FUNCTION rights_tables.is_fine(payload jsonb) RETURNS boolean
    LANGUAGE plpgsql
    AS $$
BEGIN
    INSERT INTO rights_tables.seen VALUES ('constraint', current_user);
    RETURN true;
END
$$;
CREATE TRIGGER note BEFORE INSERT OR UPDATE OR DELETE ON pgqrs.messages
    FOR EACH ROW EXECUTE FUNCTION rights_tables.note();
CREATE TRIGGER note AFTER INSERT ON pgqrs.archive
    FOR EACH ROW EXECUTE FUNCTION rights_tables.note();
CREATE CONSTRAINT TRIGGER note_late AFTER INSERT ON pgqrs.messages DEFERRABLE INITIALLY DEFERRED
    FOR EACH ROW EXECUTE FUNCTION rights_tables.note();
ALTER TABLE pgqrs.messages ADD CONSTRAINT fine CHECK (rights_tables.is_fine(payload));
SET ROLE regress_pgqrs_part;
SELECT pgqrs.enqueue('parts', '1') > 0 AS enqueued;
SELECT count(*) FROM pgqrs.enqueue_batch('parts', '{2,3}');
SELECT payload, pgqrs.archive('parts', id) FROM pgqrs.dequeue('parts');
SELECT payload FROM pgqrs.pop('parts');
SELECT pgqrs.delete('parts', id) FROM pgqrs.peek('parts');
SELECT pgqrs.enqueue('parts', '4') > 0 AS enqueued;
RESET ROLE;
SELECT what, who, count(*) FROM rights_tables.seen GROUP BY 1, 2 ORDER BY 1;
-- Purging is a statement that would fire the trigger: the grant does not suffice.
SET ROLE regress_pgqrs_part;
SELECT pg_temp.error_of($$SELECT pgqrs.purge_queue('parts')$$);
-- Reading fires nothing.
SELECT payload FROM pgqrs.list_messages('parts');
SELECT messages, archived FROM pgqrs.queue_metrics('parts', exact => true);
RESET ROLE;
GRANT SELECT, DELETE ON pgqrs.messages TO regress_pgqrs_part;
SET ROLE regress_pgqrs_part;
SELECT pgqrs.purge_queue('parts');
RESET ROLE;
REVOKE ALL ON pgqrs.messages FROM regress_pgqrs_part;
SELECT who FROM rights_tables.seen WHERE who <> 'regress_pgqrs_part';

-- A trigger cannot do more than its caller can.
CREATE FUNCTION rights_tables.look() RETURNS trigger
    LANGUAGE plpgsql
    AS $$
BEGIN
    PERFORM FROM pgqrs.messages;
    RETURN NEW;
END
$$;
CREATE TRIGGER look BEFORE INSERT ON pgqrs.messages
    FOR EACH ROW EXECUTE FUNCTION rights_tables.look();
SET ROLE regress_pgqrs_part;
SELECT pg_temp.error_of($$SELECT pgqrs.enqueue('parts', '1')$$), current_user;
RESET ROLE;
DROP TRIGGER look ON pgqrs.messages;
DROP TRIGGER note ON pgqrs.messages;
DROP TRIGGER note_late ON pgqrs.messages;
DROP TRIGGER note ON pgqrs.archive;
ALTER TABLE pgqrs.messages DROP CONSTRAINT fine;

-- The table of workers is written by statements: with a trigger, a constraint, a default or an index of others that
-- calls a function of theirs, only privileges of the caller count. What calls PostgreSQL's own functions does no harm.
-- After an error in the middle of such a statement the user is the caller again.
CREATE FUNCTION rights_tables.plus(value bigint) RETURNS bigint
    LANGUAGE plpgsql IMMUTABLE
    AS $$BEGIN RETURN value + 1; END$$;
CREATE FUNCTION pg_temp.try_worker(change text) RETURNS text
    LANGUAGE plpgsql
    AS $$
DECLARE
    answer text;
BEGIN
    EXECUTE change;
    SET LOCAL ROLE regress_pgqrs_part;
    answer := pg_temp.error_of($q$SELECT pgqrs.register_worker('parts', 'w')$q$);
    IF current_user <> 'regress_pgqrs_part' THEN
        answer := 'the user is now ' || current_user;
    END IF;
    RAISE EXCEPTION USING ERRCODE = 'ZZ000', MESSAGE = answer;
EXCEPTION WHEN SQLSTATE 'ZZ000' THEN
    RETURN split_part(SQLERRM, ' | ', 1);
END
$$;
SELECT change, pg_temp.try_worker(change) AS register_worker
FROM (VALUES
    ('SELECT'),
    ('CREATE TRIGGER note BEFORE INSERT ON pgqrs.workers FOR EACH ROW EXECUTE FUNCTION rights_tables.note()'),
    ('CREATE TRIGGER note AFTER DELETE ON pgqrs.workers EXECUTE FUNCTION rights_tables.note()'),
    ('CREATE TABLE rights_tables.links (worker bigint REFERENCES pgqrs.workers)'),
    ('CREATE RULE note AS ON INSERT TO pgqrs.workers DO ALSO SELECT 1'),
    ('ALTER TABLE pgqrs.workers ENABLE ROW LEVEL SECURITY'),
    ('ALTER TABLE pgqrs.workers ADD CHECK (rights_tables.plus(pid) > 0)'),
    ('ALTER TABLE pgqrs.workers ADD CHECK (length(name) > 0)'),
    ('ALTER TABLE pgqrs.workers ADD CHECK (length(name) > 9)'),
    ('ALTER TABLE pgqrs.workers ADD more bigint DEFAULT rights_tables.plus(1)'),
    ('ALTER TABLE pgqrs.workers ADD more bigint DEFAULT 1'),
    ('ALTER TABLE pgqrs.workers ADD more bigint GENERATED ALWAYS AS (rights_tables.plus(pid)) STORED'),
    ('CREATE INDEX ON pgqrs.workers (rights_tables.plus(id))'),
    ('CREATE INDEX ON pgqrs.workers (id) WHERE rights_tables.plus(id) > 0'),
    ('CREATE INDEX ON pgqrs.workers (name) WHERE id > 0'),
    ('CREATE TABLE pgqrs.more_workers () INHERITS (pgqrs.workers)'),
    ('CREATE TABLE pgqrs.more_workers () INHERITS (pgqrs.workers); DROP TABLE pgqrs.more_workers')) AS changes (change);

-- Row-level security that applies to the caller is refused, and where it guards the grants, they count for nobody.
ALTER TABLE pgqrs.messages ENABLE ROW LEVEL SECURITY;
SET ROLE regress_pgqrs_part;
SELECT split_part(pg_temp.error_of($$SELECT pgqrs.enqueue('parts', '1')$$), ' | ', 1);
SELECT split_part(pg_temp.error_of($$SELECT pgqrs.dequeue('parts')$$), ' | ', 1);
SELECT split_part(pg_temp.error_of($$SELECT pgqrs.list_messages('parts')$$), ' | ', 1);
SELECT split_part(pg_temp.error_of($$SELECT pgqrs.queue_metrics('parts')$$), ' | ', 1);
RESET ROLE;
ALTER TABLE pgqrs.messages DISABLE ROW LEVEL SECURITY;
ALTER TABLE pgqrs.grants ENABLE ROW LEVEL SECURITY;
SET ROLE regress_pgqrs_part;
SELECT split_part(pg_temp.error_of($$SELECT pgqrs.enqueue('parts', '1')$$), ' | ', 1);
RESET ROLE;
ALTER TABLE pgqrs.grants DISABLE ROW LEVEL SECURITY;

-- Operators and functions of the caller, in front of PostgreSQL's: none is called.
CREATE FUNCTION rights_tables.trap(integer, integer) RETURNS boolean
    LANGUAGE plpgsql
    AS $$BEGIN RAISE EXCEPTION 'trapped as %', current_user; END$$;
CREATE OPERATOR rights_tables.= (LEFTARG = integer, RIGHTARG = integer, FUNCTION = rights_tables.trap);
CREATE FUNCTION rights_tables.clock_timestamp() RETURNS timestamptz
    LANGUAGE plpgsql
    AS $$BEGIN RAISE EXCEPTION 'trapped as %', current_user; END$$;
\c -
SET ROLE regress_pgqrs_part;
SET search_path = rights_tables, pg_catalog;
SELECT pgqrs.enqueue('parts', '1') > 0 AS enqueued;
SELECT pgqrs.register_worker('parts', 'w') > 0 AS registered;
SELECT name FROM pgqrs.list_workers('parts');
SELECT messages FROM pgqrs.queue_metrics('parts', exact => true);
SELECT name FROM pgqrs.alter_queue('parts', description => 'ours');
SELECT name FROM pgqrs.list_queues();
SELECT role FROM pgqrs.list_grants('parts') LIMIT 1;
SELECT pgqrs.drop_queue('parts', force => true);
SHOW search_path;
RESET search_path;
RESET ROLE;

SET client_min_messages = warning;
DROP SCHEMA rights_tables CASCADE;
DROP OWNED BY regress_pgqrs_part;
DROP ROLE regress_pgqrs_part;
