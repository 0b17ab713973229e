\set ECHO none
-- What tests of rights include. The SQLSTATE that a call by a role ends with, null for success. What it did is undone.
CREATE FUNCTION pg_temp.state_of(command text, role text) RETURNS text
    LANGUAGE plpgsql
    AS $$
BEGIN
    BEGIN
        EXECUTE format('SET LOCAL ROLE %I', role);
        EXECUTE command;
        RAISE EXCEPTION USING ERRCODE = 'ZZ000';
    EXCEPTION WHEN OTHERS THEN
        RETURN nullif(SQLSTATE, 'ZZ000');
    END;
END
$$;
\set ECHO all
