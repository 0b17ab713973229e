-- The extension shows the agreed functions, describes every object, grants nothing to PUBLIC, and
-- goes without a trace; who owns a database can install it without being superuser.
\getenv tests PG_ABS_SRCDIR
\set errors :tests /sql/include/errors.sql
\i :errors

-- The functions, as \df would show them.
SELECT p.oid::regprocedure AS function, pg_get_function_result(p.oid) AS result, provolatile AS v, proparallel AS p
FROM pg_proc AS p
WHERE pronamespace = 'pgqrs'::regnamespace
ORDER BY proname, 1::text;

-- No overloads, every argument named, nothing STRICT, nothing SECURITY DEFINER.
SELECT proname
FROM pg_proc
WHERE pronamespace = 'pgqrs'::regnamespace
GROUP BY proname
HAVING count(*) > 1
    OR bool_or(proisstrict)
    OR bool_or(prosecdef)
    OR bool_or(pronargs > coalesce(cardinality(array_remove(proargnames, '')), 0));

-- Objects without a comment: none.
WITH objects (class, object, part) AS (
    SELECT classid, objid, 0
    FROM pg_depend
    WHERE deptype = 'e'
        AND refclassid = 'pg_extension'::regclass
        AND refobjid = (SELECT oid FROM pg_extension WHERE extname = 'pgqrs')
        AND NOT EXISTS (SELECT FROM pg_type WHERE oid = objid AND typcategory = 'A')
        AND NOT EXISTS (SELECT FROM pg_type WHERE oid = objid AND typrelid <> 0 AND typname IN (
            SELECT relname FROM pg_class WHERE oid = typrelid AND relkind = 'r'))
        AND NOT EXISTS (SELECT FROM pg_class WHERE oid = objid AND relkind = 'S')
    UNION ALL
    SELECT 'pg_class'::regclass, attrelid, attnum
    FROM pg_attribute
    JOIN pg_class AS c ON c.oid = attrelid
    WHERE relnamespace = 'pgqrs'::regnamespace
        AND relkind IN ('r', 'c')
        AND attnum > 0
        AND NOT attisdropped
    UNION ALL
    SELECT 'pg_class'::regclass, indexrelid, 0
    FROM pg_index
    JOIN pg_class AS c ON c.oid = indexrelid
    WHERE relnamespace = 'pgqrs'::regnamespace
        AND NOT EXISTS (SELECT FROM pg_constraint WHERE conindid = indexrelid)
    UNION ALL
    SELECT 'pg_trigger'::regclass, t.oid, 0
    FROM pg_trigger AS t
    JOIN pg_class AS c ON c.oid = tgrelid
    WHERE relnamespace = 'pgqrs'::regnamespace
        AND NOT tgisinternal)
SELECT pg_describe_object(class, object, part) AS without_comment
FROM objects
WHERE NOT EXISTS (
    SELECT
    FROM pg_description
    WHERE classoid = class AND objoid = object AND objsubid = part)
    -- Constraints have speaking names.
    AND class <> 'pg_constraint'::regclass
ORDER BY 1;

-- What PUBLIC may do: nothing. An array type follows its element. The row type of a table keeps what it comes with: pg_dump warns of
-- each one that an extension changes.
SELECT kind, name, privilege_type
FROM (
    SELECT 'schema', nspname::text, coalesce(nspacl, acldefault('n', nspowner))
    FROM pg_namespace
    WHERE nspname = 'pgqrs'
    UNION ALL
    SELECT 'function', oid::regprocedure::text, coalesce(proacl, acldefault('f', proowner))
    FROM pg_proc
    WHERE pronamespace = 'pgqrs'::regnamespace
    UNION ALL
    SELECT 'relation', oid::regclass::text,
        coalesce(relacl, acldefault((CASE relkind WHEN 'S' THEN 's' ELSE 'r' END)::"char", relowner))
    FROM pg_class
    WHERE relnamespace = 'pgqrs'::regnamespace AND relkind IN ('r', 'S', 'v')
    UNION ALL
    SELECT 'type', oid::regtype::text, coalesce(typacl, acldefault('T', typowner))
    FROM pg_type
    WHERE typnamespace = 'pgqrs'::regnamespace
        AND typcategory <> 'A'
        AND NOT EXISTS (SELECT FROM pg_class WHERE oid = typrelid AND relkind = 'r')
) AS objects (kind, name, acl)
CROSS JOIN LATERAL aclexplode(acl)
WHERE grantee = 0
ORDER BY 1, 2;

-- A role without grants gets nowhere; one with the schema alone neither. (The settings exist once the library is loaded.)
SELECT pgqrs.version();
CREATE ROLE regress_pgqrs_nobody;
SET ROLE regress_pgqrs_nobody;
SELECT pg_temp.error_of($$SELECT pgqrs.version()$$);
SELECT pg_temp.error_of($$SELECT pgqrs.enqueue('q', '1')$$);
SELECT pg_temp.error_of($$SELECT * FROM pgqrs.messages$$);
RESET ROLE;
GRANT USAGE ON SCHEMA pgqrs TO regress_pgqrs_nobody;
SET ROLE regress_pgqrs_nobody;
SELECT pg_temp.error_of($$SELECT pgqrs.version()$$);
SELECT pg_temp.error_of($$SELECT pgqrs.enqueue('q', '1')$$);
SELECT pg_temp.error_of($$SELECT * FROM pgqrs.messages$$);
SELECT pg_temp.error_of($$SELECT nextval('pgqrs.messages_id_seq')$$);
SELECT pg_temp.error_of($$SET pgqrs.clock_offset = 1$$);
-- EXECUTE on a function is not enough: it works with its caller's rights on the tables.
RESET ROLE;
SELECT name FROM pgqrs.create_queue('install');
GRANT EXECUTE ON FUNCTION pgqrs.enqueue(text, jsonb, interval, bigint, jsonb),
    pgqrs.enqueue_batch(text, jsonb[], interval, bigint, jsonb[]),
    pgqrs.dequeue(text, interval, interval, bigint) TO regress_pgqrs_nobody;
GRANT SELECT ON pgqrs.queues TO regress_pgqrs_nobody;
SET ROLE regress_pgqrs_nobody;
SELECT pg_temp.error_of($$SELECT pgqrs.enqueue('install', '1')$$);
SELECT pg_temp.error_of($$SELECT pgqrs.enqueue_batch('install', '{1,2}')$$);
SELECT pg_temp.error_of($$SELECT pgqrs.dequeue('install')$$);
RESET ROLE;
GRANT USAGE ON SEQUENCE pgqrs.messages_id_seq TO regress_pgqrs_nobody;
SET ROLE regress_pgqrs_nobody;
SELECT pg_temp.error_of($$SELECT pgqrs.enqueue('install', '1')$$);
RESET ROLE;
GRANT INSERT ON pgqrs.messages TO regress_pgqrs_nobody;
SET ROLE regress_pgqrs_nobody;
SELECT pgqrs.enqueue('install', '1') > 0 AS enqueued;
SELECT pg_temp.error_of($$SELECT pgqrs.dequeue('install')$$);
RESET ROLE;

-- DROP EXTENSION needs no CASCADE and leaves an empty schema; plans kept from before serve the new tables.
SELECT payload, read_ct FROM pgqrs.dequeue('install');
SELECT pgqrs.archive('install', id) FROM pgqrs.list_messages('install');
SELECT pending, archived FROM pgqrs.queue_metrics('install');
-- (What a role may do in a schema when an extension is created there is, from 17 on, an initial privilege that keeps the role.)
REVOKE ALL ON SCHEMA pgqrs FROM regress_pgqrs_nobody;
DROP EXTENSION pgqrs;
SELECT pg_describe_object(classid, objid, 0)
FROM pg_depend
WHERE refclassid = 'pg_namespace'::regclass
    AND refobjid = to_regnamespace('pgqrs')
    AND deptype = 'n';
CREATE EXTENSION pgqrs;
SELECT pg_temp.error_of($$SELECT pgqrs.enqueue('install', '1')$$);
SELECT name FROM pgqrs.create_queue('install');
SELECT pgqrs.enqueue('install', '2') > 0 AS enqueued;
SELECT payload, read_ct FROM pgqrs.dequeue('install');
SELECT pgqrs.archive('install', id) FROM pgqrs.list_messages('install');
SELECT pending, archived FROM pgqrs.queue_metrics('install');
SELECT pgqrs.drop_queue('install');
SELECT * FROM pgqrs.verify();
DROP ROLE regress_pgqrs_nobody;

-- The owner of a database, not a superuser, installs, uses and grants.
CREATE ROLE regress_pgqrs_owner;
CREATE ROLE regress_pgqrs_app;
CREATE DATABASE regress_pgqrs_install OWNER regress_pgqrs_owner;
\set home :DBNAME
\c regress_pgqrs_install
SET ROLE regress_pgqrs_owner;
CREATE EXTENSION pgqrs;
SELECT name FROM pgqrs.create_queue('install');
SELECT count(*) FROM pgqrs.enqueue_batch('install', '{1,2,3}');
SELECT payload FROM pgqrs.dequeue('install');
SELECT pgqrs.archive('install', min(id)) FROM pgqrs.messages;
SELECT pending, archived FROM pgqrs.queue_metrics('install');
SELECT * FROM pgqrs.verify();
GRANT USAGE ON SCHEMA pgqrs TO regress_pgqrs_app;
GRANT EXECUTE ON ALL FUNCTIONS IN SCHEMA pgqrs TO regress_pgqrs_app;
GRANT ALL ON ALL TABLES IN SCHEMA pgqrs TO regress_pgqrs_app;
GRANT USAGE ON ALL SEQUENCES IN SCHEMA pgqrs TO regress_pgqrs_app;
RESET ROLE;
SET ROLE regress_pgqrs_app;
SELECT pgqrs.enqueue('install', '4') > 0 AS enqueued;
SELECT payload FROM pgqrs.dequeue_batch('install', 10);
SELECT payload FROM pgqrs.pop('install');
SELECT bool_and(done) FROM pgqrs.delete_batch('install', (SELECT array_agg(id) FROM pgqrs.messages));
SELECT pgqrs.drop_queue('install');
SELECT name FROM pgqrs.create_queue('install');
RESET ROLE;
SET ROLE regress_pgqrs_owner;
DROP EXTENSION pgqrs;
RESET ROLE;
\c :home
DROP DATABASE regress_pgqrs_install;
DROP ROLE regress_pgqrs_owner, regress_pgqrs_app;
