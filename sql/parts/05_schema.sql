-- The schema must be ours alone: what somebody else put there would be granted with the rest below,
-- and its owner could add functions of the same names later.

DO $$
DECLARE
    schema_oid oid := 'pgqrs'::pg_catalog.regnamespace;
    schema_owner oid := (SELECT nspowner FROM pg_catalog.pg_namespace WHERE oid = schema_oid);
BEGIN
    IF EXISTS (
        SELECT
        FROM pg_catalog.pg_depend
        WHERE refclassid = 'pg_catalog.pg_namespace'::pg_catalog.regclass
            AND refobjid = schema_oid
            AND classid <> 'pg_catalog.pg_extension'::pg_catalog.regclass)
    THEN
        RAISE EXCEPTION USING
            ERRCODE = 'duplicate_object',
            MESSAGE = 'schema "pgqrs" is not empty',
            HINT = 'Drop the schema, or move what is in it elsewhere, and try again.';
    END IF;
    IF schema_owner <> '@extowner@'::pg_catalog.regrole
        AND NOT (SELECT rolsuper FROM pg_catalog.pg_roles WHERE oid = schema_owner)
    THEN
        RAISE EXCEPTION USING
            ERRCODE = 'insufficient_privilege',
            MESSAGE = 'schema "pgqrs" belongs to somebody else',
            HINT = 'Drop the schema, or change its owner, and try again.';
    END IF;
END
$$;

COMMENT ON SCHEMA pgqrs IS
'Job queues. Arguments have names, and NULL raises PQ010 where a value is needed. Functions that
take a queue raise PQ002 when it does not exist and PQ004 when its name is not a valid one.
Nothing is changed when an error is raised.';
