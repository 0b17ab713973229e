-- The schema must be ours alone: what somebody else put there would be granted with the rest below,
-- and whoever may create in it could add functions of the same names. An empty one, as DROP EXTENSION
-- leaves behind and as a dump brings along, is taken over.

DO $$
DECLARE
    installer text := (
        SELECT extowner::pg_catalog.regrole::text FROM pg_catalog.pg_extension WHERE extname = 'pgqrs');
    grantee text;
BEGIN
    IF EXISTS (
        SELECT
        FROM pg_catalog.pg_depend
        WHERE refclassid = 'pg_catalog.pg_namespace'::pg_catalog.regclass
            AND refobjid = 'pgqrs'::pg_catalog.regnamespace
            AND classid <> 'pg_catalog.pg_extension'::pg_catalog.regclass)
    THEN
        RAISE EXCEPTION USING
            ERRCODE = 'duplicate_object',
            MESSAGE = 'schema "pgqrs" is not empty',
            HINT = 'Drop the schema, or move what is in it elsewhere, and try again.';
    END IF;
    IF NOT EXISTS (
        SELECT
        FROM pg_catalog.pg_namespace AS n
        JOIN pg_catalog.pg_roles AS r ON r.oid = n.nspowner AND r.rolsuper
        WHERE n.nspname = 'pgqrs')
    THEN
        EXECUTE 'ALTER SCHEMA pgqrs OWNER TO ' || installer;
    END IF;
    FOR grantee IN
        SELECT DISTINCT acl.grantee::pg_catalog.regrole::text
        FROM pg_catalog.pg_namespace AS n, pg_catalog.aclexplode(n.nspacl) AS acl
        WHERE n.nspname = 'pgqrs'
            AND acl.grantee NOT IN (0, n.nspowner)
    LOOP
        EXECUTE 'REVOKE ALL ON SCHEMA pgqrs FROM ' || grantee || ' CASCADE';
    END LOOP;
END
$$;

COMMENT ON SCHEMA pgqrs IS
'pgqrs is a job queue in the database. Every argument has a name. NULL raises PQ010 where a value
is needed. A function that takes a queue raises PQ002 when the queue does not exist, and PQ004
when the name is not valid. A call that raises an error changes nothing.';
