-- verify() finds nothing wrong with a new installation, and names every single object that is missing.
\getenv tests PG_ABS_SRCDIR
\set errors :tests /sql/include/errors.sql
\i :errors
SELECT * FROM pgqrs.verify();
SELECT pgqrs.version() = extversion AS same_version FROM pg_extension WHERE extname = 'pgqrs';

-- Every function, table, type, index, column, constraint and trigger of the extension, taken from the catalog, and how
-- to drop it.
CREATE TEMP TABLE objects AS
WITH members AS (
    SELECT classid, objid
    FROM pg_depend
    WHERE deptype = 'e'
        AND refclassid = 'pg_extension'::regclass
        AND refobjid = (SELECT oid FROM pg_extension WHERE extname = 'pgqrs')),
tables AS (
    SELECT c.oid, relname
    FROM members
    JOIN pg_class AS c ON c.oid = objid
    WHERE classid = 'pg_class'::regclass AND relkind = 'r')
SELECT 'function' AS kind, proname::text AS name, p.oid::regprocedure::text AS signature,
    format('DROP ROUTINE %s CASCADE', p.oid::regprocedure) AS command
FROM members JOIN pg_proc AS p ON p.oid = objid AND classid = 'pg_proc'::regclass
UNION ALL
SELECT 'table', relname, 'pgqrs.' || relname, format('DROP TABLE pgqrs.%I CASCADE', relname)
FROM tables
UNION ALL
SELECT 'type', typname, 'pgqrs.' || typname,
    format('DROP %s pgqrs.%I CASCADE', CASE typtype WHEN 'd' THEN 'DOMAIN' ELSE 'TYPE' END, typname)
FROM members JOIN pg_type AS t ON t.oid = objid AND classid = 'pg_type'::regclass
WHERE typcategory <> 'A'
    AND NOT EXISTS (SELECT FROM tables WHERE tables.oid = typrelid)
UNION ALL
SELECT 'column', attname, format('pgqrs.%s.%s', relname, attname),
    format('ALTER TABLE pgqrs.%I DROP COLUMN %I CASCADE', relname, attname)
FROM tables JOIN pg_attribute ON attrelid = oid AND attnum > 0 AND NOT attisdropped
UNION ALL
SELECT 'index', c.relname, 'pgqrs.' || c.relname,
    CASE WHEN conname IS NULL THEN format('DROP INDEX pgqrs.%I', c.relname)
        ELSE format('ALTER TABLE pgqrs.%I DROP CONSTRAINT %I CASCADE', t.relname, conname) END
FROM tables AS t JOIN pg_index ON indrelid = t.oid JOIN pg_class AS c ON c.oid = indexrelid
LEFT JOIN pg_constraint ON conindid = indexrelid AND contype IN ('p', 'u')
UNION ALL
SELECT 'constraint', conname, 'pgqrs.' || relname || '.' || conname,
    format('ALTER TABLE pgqrs.%I DROP CONSTRAINT %I CASCADE', relname, conname)
FROM tables AS t JOIN pg_constraint ON conrelid = t.oid AND contype IN ('c', 'f', 'p', 'u')
UNION ALL
SELECT 'constraint', conname, 'pgqrs.' || typname || '.' || conname,
    format('ALTER DOMAIN pgqrs.%I DROP CONSTRAINT %I', typname, conname)
FROM pg_type AS t JOIN pg_constraint ON contypid = t.oid AND contype = 'c'
WHERE typnamespace = 'pgqrs'::regnamespace
UNION ALL
SELECT 'trigger', tgname, 'pgqrs.' || relname || '.' || tgname,
    format('DROP TRIGGER %I ON pgqrs.%I', tgname, relname)
FROM tables AS t JOIN pg_trigger ON tgrelid = t.oid AND NOT tgisinternal;
SELECT kind, count(*) > 0 AS some FROM objects GROUP BY kind ORDER BY kind;

-- What verify() says after a command that is then rolled back. (The objects leave the extension first: dropping what a
-- member depends on would take the extension along.)
CREATE FUNCTION pg_temp.faults_after(command text) RETURNS SETOF text LANGUAGE plpgsql AS $$
DECLARE
    faults text[];
BEGIN
    BEGIN
        DELETE FROM pg_depend
        WHERE deptype = 'e' AND refclassid = 'pg_extension'::regclass
            AND refobjid = (SELECT oid FROM pg_extension WHERE extname = 'pgqrs');
        EXECUTE command;
        SELECT array_agg(concat_ws(' ', kind, object, fault) ORDER BY kind, object, fault) INTO faults
        FROM pgqrs.verify();
        RAISE EXCEPTION USING ERRCODE = 'ZZ000';
    EXCEPTION WHEN SQLSTATE 'ZZ000' THEN
        RETURN QUERY SELECT unnest(faults);
    END;
END
$$;
SET client_min_messages = warning;
-- Each one missing is named, but for verify() itself: without it nobody can ask.
DELETE FROM objects WHERE name = 'verify';
SELECT kind, signature
FROM objects
WHERE NOT EXISTS (
    SELECT
    FROM pg_temp.faults_after(command) AS fault
    WHERE fault = replace(kind || ' ' || signature || ' missing', 'timestamp with time zone', 'timestamptz'))
ORDER BY 1, 2;

-- A missing table is named without its columns.
SELECT DISTINCT split_part(fault, ' ', 1) AS kind, fault LIKE '%missing' AS missing
FROM pg_temp.faults_after('DROP TABLE pgqrs.archive CASCADE') AS fault
ORDER BY 1;

-- Tables and columns.
SELECT pg_temp.faults_after('ALTER TABLE pgqrs.archive ALTER COLUMN read_ct TYPE bigint');
SELECT pg_temp.faults_after('ALTER TABLE pgqrs.archive ALTER COLUMN vt TYPE timestamptz(0)');
SELECT pg_temp.faults_after('ALTER TABLE pgqrs.messages ALTER COLUMN priority TYPE smallint');
SELECT pg_temp.faults_after('ALTER TABLE pgqrs.workers ALTER COLUMN hostname TYPE text[] USING ARRAY[hostname]');
SELECT pg_temp.faults_after('ALTER TABLE pgqrs.messages ALTER COLUMN payload DROP NOT NULL');
SELECT pg_temp.faults_after('ALTER TABLE pgqrs.queues ALTER COLUMN visibility_timeout DROP DEFAULT');
SELECT pg_temp.faults_after('ALTER TABLE pgqrs.messages ALTER COLUMN id DROP IDENTITY');
SELECT pg_temp.faults_after('ALTER TABLE pgqrs.workers ALTER COLUMN id SET GENERATED BY DEFAULT');
SELECT fault
FROM pg_temp.faults_after('ALTER TABLE pgqrs.departures RENAME TO gone;
    CREATE VIEW pgqrs.departures AS SELECT * FROM pgqrs.gone') AS fault
WHERE fault LIKE 'table%';

-- Indexes.
CREATE FUNCTION pg_temp.index_is(definition text) RETURNS text LANGUAGE sql AS $$
    SELECT substr(string_agg(fault, '; '), length('index pgqrs.archive_queue is ') + 1)
    FROM pg_temp.faults_after('DROP INDEX pgqrs.archive_queue; ' || definition) AS fault
$$;
SELECT pg_temp.index_is(replace(definition, '_ ON', 'archive_queue ON pgqrs.archive'))
FROM unnest(ARRAY[
    'CREATE INDEX _ ON (queue_id, id)',
    'CREATE INDEX _ ON (queue_id ASC NULLS LAST, id) WITH (fillfactor = 50)',
    'CREATE INDEX _ ON (id)',
    'CREATE INDEX _ ON (id, queue_id)',
    'CREATE UNIQUE INDEX _ ON (queue_id, id)',
    'CREATE UNIQUE INDEX _ ON (queue_id, id) NULLS NOT DISTINCT',
    'CREATE INDEX _ ON USING brin (queue_id, id)',
    'CREATE INDEX _ ON (queue_id DESC, id NULLS FIRST)',
    'CREATE INDEX _ ON (queue_id DESC NULLS LAST, id)',
    'CREATE INDEX _ ON (queue_id) INCLUDE (id)',
    'CREATE INDEX _ ON (queue_id, id) WHERE id > 0',
    'CREATE INDEX _ ON (queue_id, (id + 1))',
    'CREATE INDEX _ ON USING gin (payload jsonb_path_ops)',
    'CREATE INDEX _ ON ((payload ->> 0) COLLATE "C")']) AS definition;
SELECT pg_temp.index_is('CREATE INDEX archive_queue ON pgqrs.messages (queue_id, id)');
SELECT pg_temp.index_is('CREATE INDEX archive_queue ON pgqrs.workers (name COLLATE "C")');
SELECT pg_temp.faults_after('UPDATE pg_index SET indisvalid = false
    WHERE indexrelid = ''pgqrs.archive_time''::regclass');

-- Constraints.
SELECT pg_temp.faults_after('ALTER TABLE pgqrs.queues DROP CONSTRAINT queues_name_key;
    CREATE UNIQUE INDEX queues_name_key ON pgqrs.queues (name)');
SELECT pg_temp.faults_after('ALTER TABLE pgqrs.queues DROP CONSTRAINT queues_name_key,
    ADD UNIQUE (name) DEFERRABLE INITIALLY DEFERRED');
SELECT pg_temp.faults_after('ALTER TABLE pgqrs.workers DROP CONSTRAINT workers_name_valid,
    ADD CONSTRAINT workers_name_valid CHECK (true) NOT VALID');
SELECT pg_temp.faults_after('ALTER TABLE pgqrs.queues DROP CONSTRAINT queues_notify_name_fits,
    ADD CONSTRAINT queues_notify_name_fits CHECK (notify)');
SELECT pg_temp.faults_after('ALTER TABLE pgqrs.queues DROP CONSTRAINT queues_notify_name_fits,
    ADD CONSTRAINT queues_notify_name_fits FOREIGN KEY (id) REFERENCES pgqrs.queues (id) ON DELETE CASCADE');
SELECT pg_temp.faults_after('ALTER DOMAIN pgqrs.priority DROP CONSTRAINT priority_range;
    ALTER DOMAIN pgqrs.priority ADD CONSTRAINT priority_range CHECK (VALUE > 0) NOT VALID');
-- One of that name somewhere else does not count.
SELECT pg_temp.faults_after('ALTER TABLE pgqrs.queues DROP CONSTRAINT queues_name_valid;
    ALTER TABLE pgqrs.workers ADD CONSTRAINT queues_name_valid CHECK (name > '''')');

-- Triggers.
SELECT pg_temp.faults_after('ALTER TABLE pgqrs.queues DISABLE TRIGGER queues_changed');
SELECT pg_temp.faults_after('ALTER TABLE pgqrs.queues ENABLE REPLICA TRIGGER queues_changed');
SELECT pg_temp.faults_after('ALTER TABLE pgqrs.queues ENABLE TRIGGER queues_changed');
SELECT pg_temp.faults_after('ALTER TABLE pgqrs.queues DISABLE TRIGGER ALL');
SELECT pg_temp.faults_after('ALTER TABLE pgqrs.messages DISABLE TRIGGER check_queue');
SELECT pg_temp.faults_after('ALTER TABLE pgqrs.workers ENABLE REPLICA TRIGGER check_queue');
-- More than is needed is no fault.
SELECT pg_temp.faults_after('ALTER TABLE pgqrs.workers ENABLE ALWAYS TRIGGER check_queue');
SELECT pg_temp.faults_after('DROP TRIGGER protect_queue ON pgqrs.queues;
    CREATE ' || definition || ' EXECUTE FUNCTION pgqrs.protect_queue()')
FROM unnest(ARRAY[
    'TRIGGER protect_queue AFTER UPDATE OF id, name OR DELETE ON pgqrs.queues FOR EACH ROW',
    'TRIGGER protect_queue AFTER DELETE OR UPDATE OF id ON pgqrs.queues FOR EACH ROW',
    'TRIGGER protect_queue AFTER DELETE ON pgqrs.queues FOR EACH STATEMENT',
    'TRIGGER protect_queue BEFORE DELETE OR UPDATE ON pgqrs.queues FOR EACH ROW WHEN (OLD.notify)',
    'CONSTRAINT TRIGGER protect_queue AFTER DELETE OR UPDATE OF id, name ON pgqrs.queues DEFERRABLE FOR EACH ROW'])
    AS definition;
SELECT pg_temp.faults_after('CREATE OR REPLACE TRIGGER hold_queues BEFORE TRUNCATE ON pgqrs.queues
    FOR EACH STATEMENT EXECUTE FUNCTION suppress_redundant_updates_trigger()');

-- Types.
SELECT pg_temp.faults_after('ALTER TYPE pgqrs.worker ADD ATTRIBUTE more text');
SELECT pg_temp.faults_after('ALTER TYPE pgqrs.worker RENAME ATTRIBUTE pid TO process');
SELECT pg_temp.faults_after('ALTER TYPE pgqrs.outcome RENAME VALUE ''dead'' TO ''gone''');
SELECT pg_temp.faults_after('ALTER DOMAIN pgqrs.headers RENAME TO was_headers;
    CREATE DOMAIN pgqrs.headers AS json CONSTRAINT headers_object CHECK (true)');
SELECT pg_temp.faults_after('ALTER TYPE pgqrs.worker RENAME TO was_worker; CREATE TYPE pgqrs.worker AS ENUM (''a'')');

-- Functions.
SELECT pg_temp.faults_after('CREATE OR REPLACE FUNCTION pgqrs.version() RETURNS text
    LANGUAGE sql AS ''SELECT 1::text''');
SELECT pg_temp.faults_after('CREATE OR REPLACE FUNCTION pgqrs.version() RETURNS text
    LANGUAGE c STABLE PARALLEL SAFE AS ''$libdir/pgqrs'', ''pgqrs_verify''');
SELECT pg_temp.faults_after('UPDATE pg_proc SET probin = ''/elsewhere/pgqrs''
    WHERE oid = ''pgqrs.version()''::regprocedure');
SELECT pg_temp.faults_after('ALTER FUNCTION pgqrs.get_message ' || property)
FROM unnest(ARRAY['IMMUTABLE', 'PARALLEL SAFE', 'PARALLEL RESTRICTED', 'SECURITY DEFINER', 'STRICT',
    'LEAKPROOF ROWS 50 COST 7']) AS property;
SELECT pg_temp.faults_after(format($$
    DROP FUNCTION pgqrs.delete_worker(bigint);
    CREATE FUNCTION pgqrs.delete_worker(%s
        LANGUAGE c PARALLEL UNSAFE AS '$libdir/pgqrs', 'pgqrs_delete_worker'$$, signature))
FROM unnest(ARRAY[
    'worker bigint) RETURNS boolean',
    'id bigint) RETURNS boolean',
    'worker bigint DEFAULT NULL) RETURNS boolean',
    'worker bigint) RETURNS SETOF boolean',
    'worker bigint) RETURNS bigint',
    'worker bigint, OUT done boolean)',
    'VARIADIC worker bigint[]) RETURNS boolean',
    'worker integer) RETURNS boolean']) AS signature;
SELECT pg_temp.faults_after('DROP PROCEDURE pgqrs.wait(text, interval, boolean);
    CREATE FUNCTION pgqrs.wait(queue text, timeout interval, INOUT ready boolean DEFAULT NULL)
    LANGUAGE c AS ''$libdir/pgqrs'', ''pgqrs_wait''');

-- The version.
SELECT pg_temp.faults_after('UPDATE pg_extension SET extversion = ''0.9'' WHERE extname = ''pgqrs''');

-- Several at once are all listed.
SELECT pg_temp.faults_after('DROP INDEX pgqrs.archive_queue; DROP TRIGGER queues_changed ON pgqrs.queues;
    ALTER TABLE pgqrs.messages DROP COLUMN headers; DROP FUNCTION pgqrs.version(); DROP FUNCTION pgqrs.count_queues();
    ALTER DOMAIN pgqrs.priority DROP CONSTRAINT priority_range;
    UPDATE pg_extension SET extversion = ''0.9'' WHERE extname = ''pgqrs''');

-- All of it was rolled back, and objects of others do not matter.
CREATE TABLE pgqrs.mine (id int);
CREATE FUNCTION pgqrs.version(int) RETURNS text LANGUAGE sql AS 'SELECT ''mine''';
SELECT * FROM pgqrs.verify();
DROP FUNCTION pgqrs.version(int);
DROP TABLE pgqrs.mine;

-- No setting changes what it says, neither of a sound installation nor of one that is not. Each is set before the
-- statement is analysed and planned.
CREATE TABLE verify_settings AS
SELECT split_part(setting, '=', 1) AS name, split_part(setting, '=', 2) AS value
FROM unnest(ARRAY[
    'quote_all_identifiers=on', 'search_path=', 'search_path=pgqrs', 'search_path=pgqrs, pg_catalog',
    'search_path=nowhere', 'extra_float_digits=-15', 'bytea_output=escape', 'array_nulls=off',
    'transform_null_equals=on', 'xmloption=document', 'IntervalStyle=sql_standard', 'IntervalStyle=iso_8601',
    'DateStyle=SQL, DMY', 'TimeZone=Asia/Kathmandu', 'standard_conforming_strings=off', 'escape_string_warning=on',
    'backslash_quote=off', 'lc_messages=C', 'lc_monetary=C', 'lc_numeric=C', 'lc_time=C', 'client_encoding=LATIN1',
    'client_encoding=SQL_ASCII', 'default_text_search_config=simple', 'row_security=off',
    'check_function_bodies=off', 'session_replication_role=replica', 'default_transaction_read_only=on',
    'transaction_read_only=on', 'enable_seqscan=off', 'enable_indexscan=off', 'enable_bitmapscan=off',
    'enable_nestloop=off', 'enable_hashjoin=off', 'enable_mergejoin=off', 'enable_sort=off', 'enable_material=off',
    'enable_memoize=off', 'enable_hashagg=off', 'geqo_threshold=2', 'from_collapse_limit=1',
    'join_collapse_limit=1', 'jit=on', 'jit_above_cost=0', 'plan_cache_mode=force_generic_plan',
    'plan_cache_mode=force_custom_plan', 'cursor_tuple_fraction=0', 'work_mem=64kB', 'hash_mem_multiplier=1',
    'allow_system_table_mods=on', 'dynamic_library_path=/nowhere'])
    AS setting;
CREATE FUNCTION pg_temp.faults_under(name text, value text) RETURNS text LANGUAGE plpgsql AS $$
DECLARE
    faults text;
BEGIN
    BEGIN
        PERFORM set_config(name, value, true);
        DISCARD PLANS;
        SELECT string_agg(concat_ws(' ', kind, object, fault), E'\n' ORDER BY object COLLATE "C") INTO faults
        FROM pgqrs.verify();
        RAISE EXCEPTION USING ERRCODE = 'ZZ000';
    EXCEPTION WHEN SQLSTATE 'ZZ000' THEN
        RETURN coalesce(faults, 'none');
    END;
END
$$;
SELECT faults, count(*) = (SELECT count(*) FROM verify_settings) AS "under all settings"
FROM (SELECT pg_temp.faults_under(name, value) AS faults FROM verify_settings) AS s
GROUP BY faults;
BEGIN;
ALTER TABLE pgqrs.archive ALTER COLUMN read_ct TYPE bigint;
ALTER TABLE pgqrs.queues ALTER COLUMN notify DROP NOT NULL, DISABLE TRIGGER hold_queues;
ALTER FUNCTION pgqrs.get_message(text, bigint) IMMUTABLE;
DROP INDEX pgqrs.workers_queue;
CREATE INDEX workers_queue ON pgqrs.workers (name);
SELECT faults, count(*) = (SELECT count(*) FROM verify_settings) AS "under all settings"
FROM (SELECT pg_temp.faults_under(name, value) AS faults FROM verify_settings) AS s
GROUP BY faults;
ROLLBACK;

-- Settings that are there when a session begins, and types, functions and operators of the caller's own.
CREATE SCHEMA verify_evil;
CREATE FUNCTION verify_evil.wrong(oid, int) RETURNS boolean LANGUAGE sql AS 'SELECT false';
CREATE FUNCTION verify_evil.wrong(int2, int) RETURNS int LANGUAGE sql AS 'SELECT 0';
CREATE FUNCTION verify_evil.wrong(name, text) RETURNS text LANGUAGE sql AS 'SELECT ''wrong''';
CREATE FUNCTION verify_evil.wrong(text, text) RETURNS boolean LANGUAGE sql AS 'SELECT false';
CREATE OPERATOR verify_evil.<> (LEFTARG = oid, RIGHTARG = int, FUNCTION = verify_evil.wrong);
CREATE OPERATOR verify_evil.= (LEFTARG = oid, RIGHTARG = int, FUNCTION = verify_evil.wrong);
CREATE OPERATOR verify_evil.& (LEFTARG = int2, RIGHTARG = int, FUNCTION = verify_evil.wrong);
CREATE OPERATOR verify_evil.= (LEFTARG = text, RIGHTARG = text, FUNCTION = verify_evil.wrong);
CREATE OPERATOR verify_evil.|| (LEFTARG = name, RIGHTARG = text, FUNCTION = verify_evil.wrong);
CREATE FUNCTION verify_evil.concat(VARIADIC text[]) RETURNS text LANGUAGE sql AS 'SELECT ''wrong''';
CREATE FUNCTION verify_evil.unnest(oid[]) RETURNS SETOF oid LANGUAGE sql AS 'SELECT 0::oid';
CREATE DOMAIN verify_evil.text AS pg_catalog.text CHECK (VALUE = '');
CREATE COLLATION verify_evil."C" (LOCALE = 'POSIX');
CREATE TABLE verify_evil.pg_type (oid oid);
\c
SET client_min_messages = warning;
SET search_path = verify_evil, pg_temp, public, pg_catalog;
SET standard_conforming_strings = off;
SET quote_all_identifiers = on;
SET transform_null_equals = on;
SET IntervalStyle = iso_8601;
CREATE TEMP TABLE text (x int);
CREATE TEMP TABLE jsonb (x int);
CREATE TEMP TABLE oid (x int);
CREATE TEMP TABLE int2 (x int);
CREATE TEMP TABLE name (x int);
CREATE TEMP TABLE pg_class (x int);
SELECT * FROM pgqrs.verify();
ALTER FUNCTION pgqrs.get_message(pg_catalog.text, bigint) IMMUTABLE;
SELECT * FROM pgqrs.verify();
ALTER FUNCTION pgqrs.get_message(pg_catalog.text, bigint) STABLE;
SELECT * FROM pgqrs.verify();
\c
SET client_min_messages = warning;
DROP SCHEMA verify_evil CASCADE;
DROP TABLE verify_settings;
