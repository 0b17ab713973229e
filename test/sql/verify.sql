-- verify() finds nothing wrong with a new installation, and names every single object that is missing.
\getenv tests PG_ABS_SRCDIR
\set errors :tests /sql/include/errors.sql
\i :errors
SELECT * FROM pgqrs.verify();
SELECT pgqrs.version() = extversion AS same_version FROM pg_extension WHERE extname = 'pgqrs';

-- Every function, table, type, index, column, constraint and trigger of the extension, taken from the catalog, and how to drop it.
CREATE TEMP TABLE objects AS
WITH members AS (
    SELECT classid, objid
    FROM pg_depend
    WHERE deptype = 'e'
        AND refclassid = 'pg_extension'::regclass
        AND refobjid = (SELECT oid FROM pg_extension WHERE extname = 'pgqrs')),
tables AS (
    SELECT c.oid, relname FROM members JOIN pg_class AS c ON c.oid = objid WHERE classid = 'pg_class'::regclass AND relkind = 'r')
SELECT 'function' AS kind, proname::text AS name, p.oid::regprocedure::text AS signature, format('DROP ROUTINE %s CASCADE', p.oid::regprocedure) AS command
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
SELECT 'column', attname, format('pgqrs.%s.%s', relname, attname), format('ALTER TABLE pgqrs.%I DROP COLUMN %I CASCADE', relname, attname)
FROM tables JOIN pg_attribute ON attrelid = oid AND attnum > 0 AND NOT attisdropped
UNION ALL
SELECT 'index', c.relname, 'pgqrs.' || c.relname,
    CASE WHEN conname IS NULL THEN format('DROP INDEX pgqrs.%I', c.relname)
        ELSE format('ALTER TABLE pgqrs.%I DROP CONSTRAINT %I CASCADE', t.relname, conname) END
FROM tables AS t JOIN pg_index ON indrelid = t.oid JOIN pg_class AS c ON c.oid = indexrelid
LEFT JOIN pg_constraint ON conindid = indexrelid AND contype IN ('p', 'u')
UNION ALL
SELECT 'constraint', conname, 'pgqrs.' || relname || '.' || conname, format('ALTER TABLE pgqrs.%I DROP CONSTRAINT %I', relname, conname)
FROM tables AS t JOIN pg_constraint ON conrelid = t.oid AND contype IN ('c', 'f')
UNION ALL
SELECT 'constraint', conname, 'pgqrs.' || typname || '.' || conname, format('ALTER DOMAIN pgqrs.%I DROP CONSTRAINT %I', typname, conname)
FROM pg_type AS t JOIN pg_constraint ON contypid = t.oid
WHERE typnamespace = 'pgqrs'::regnamespace
UNION ALL
SELECT 'trigger', tgname, 'pgqrs.' || relname || '.' || tgname, format('DROP TRIGGER %I ON pgqrs.%I', tgname, relname)
FROM tables AS t JOIN pg_trigger ON tgrelid = t.oid AND NOT tgisinternal;
SELECT kind, count(*) > 0 AS some FROM objects GROUP BY kind ORDER BY kind;

-- What verify() says after a command that is then rolled back. (The objects leave the extension first: dropping what a member
-- depends on would take the extension along.)
CREATE FUNCTION pg_temp.faults_after(command text) RETURNS SETOF text LANGUAGE plpgsql AS $$
DECLARE
    faults text[];
BEGIN
    BEGIN
        DELETE FROM pg_depend
        WHERE deptype = 'e' AND refclassid = 'pg_extension'::regclass
            AND refobjid = (SELECT oid FROM pg_extension WHERE extname = 'pgqrs');
        EXECUTE command;
        SELECT array_agg(kind || ' ' || object || ' ' || fault ORDER BY kind, object) INTO faults FROM pgqrs.verify();
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

-- Other faults.
SELECT pg_temp.faults_after('CREATE OR REPLACE FUNCTION pgqrs.version() RETURNS text LANGUAGE sql AS ''SELECT 1::text''');
SELECT pg_temp.faults_after('ALTER TABLE pgqrs.queues DISABLE TRIGGER queues_changed');
SELECT pg_temp.faults_after('ALTER TABLE pgqrs.queues ENABLE REPLICA TRIGGER queues_changed');
SELECT pg_temp.faults_after('ALTER TABLE pgqrs.queues DISABLE TRIGGER ALL');
SELECT pg_temp.faults_after('ALTER TABLE pgqrs.messages DISABLE TRIGGER check_queue');
SELECT pg_temp.faults_after('ALTER TABLE pgqrs.workers ENABLE REPLICA TRIGGER check_queue');
SELECT pg_temp.faults_after('ALTER TABLE pgqrs.archive ALTER COLUMN read_ct TYPE bigint');
SELECT pg_temp.faults_after('DROP INDEX pgqrs.archive_queue; CREATE INDEX archive_queue ON pgqrs.archive (id)');
SELECT pg_temp.faults_after('UPDATE pg_index SET indisvalid = false WHERE indexrelid = ''pgqrs.archive_time''::regclass');
SELECT pg_temp.faults_after('ALTER TYPE pgqrs.worker ADD ATTRIBUTE more text');
SELECT pg_temp.faults_after('UPDATE pg_extension SET extversion = ''0.9'' WHERE extname = ''pgqrs''');

-- Several at once are all listed.
SELECT pg_temp.faults_after('DROP INDEX pgqrs.archive_queue; DROP TRIGGER queues_changed ON pgqrs.queues; ALTER TABLE pgqrs.messages DROP COLUMN headers;
    DROP FUNCTION pgqrs.version(); DROP FUNCTION pgqrs.count_queues();
    ALTER DOMAIN pgqrs.priority DROP CONSTRAINT priority_range; UPDATE pg_extension SET extversion = ''0.9'' WHERE extname = ''pgqrs''');
-- All of it was rolled back, and objects of others do not matter.
CREATE TABLE pgqrs.mine (id int);
SELECT * FROM pgqrs.verify();
DROP TABLE pgqrs.mine;
