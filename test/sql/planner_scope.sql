-- How pgqrs plans its own statements is nobody else's: a trigger sees the session's settings, and they outlive an error.
\getenv tests PG_ABS_SRCDIR
\set errors :tests /sql/include/errors.sql
\i :errors
SELECT name FROM pgqrs.create_queue('planner_scope');
CREATE FUNCTION planner_scope_show() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    RAISE NOTICE '% %: enable_seqscan %, jit %, plan_cache_mode %', TG_OP, TG_WHEN, current_setting('enable_seqscan'), current_setting('jit'), current_setting('plan_cache_mode');
    RETURN coalesce(NEW, OLD);
END
$$;
CREATE TRIGGER planner_scope_before BEFORE INSERT OR UPDATE OR DELETE ON pgqrs.messages FOR EACH ROW EXECUTE FUNCTION planner_scope_show();
CREATE TRIGGER planner_scope_after AFTER INSERT OR UPDATE OR DELETE ON pgqrs.messages FOR EACH ROW EXECUTE FUNCTION planner_scope_show();
SET jit = on;
SELECT count(*) FROM pgqrs.enqueue_batch('planner_scope', '{1,2}');
SELECT payload FROM pgqrs.dequeue('planner_scope');
SELECT bool_and(pgqrs.archive('planner_scope', id)) FROM pgqrs.peek('planner_scope');
SELECT pgqrs.purge_queue('planner_scope');
DROP TRIGGER planner_scope_before ON pgqrs.messages;
DROP TRIGGER planner_scope_after ON pgqrs.messages;

-- A trigger that sets them for itself and fails in the middle of archive().
CREATE FUNCTION planner_scope_fail() RETURNS trigger LANGUAGE plpgsql SET enable_seqscan = on SET jit = off AS $$
BEGIN
    RAISE EXCEPTION 'refused' USING ERRCODE = 'UT001';
END
$$;
CREATE TRIGGER planner_scope BEFORE DELETE ON pgqrs.messages FOR EACH ROW EXECUTE FUNCTION planner_scope_fail();
SELECT pgqrs.enqueue('planner_scope', '3') AS id \gset
\set VERBOSITY terse
SELECT pgqrs.archive('planner_scope', :id);
SHOW enable_seqscan;
SHOW jit;
SHOW search_path;
SET enable_seqscan = off;
SET jit = off;
SELECT pgqrs.archive('planner_scope', :id);
SHOW enable_seqscan;
SHOW jit;
SELECT pg_temp.error_of(format($$SELECT pgqrs.archive('planner_scope', %s)$$, :id));
SHOW enable_seqscan;
SHOW jit;
RESET enable_seqscan;
RESET jit;
DROP TRIGGER planner_scope ON pgqrs.messages;
DROP FUNCTION planner_scope_fail();
DROP FUNCTION planner_scope_show();
SELECT pgqrs.drop_queue('planner_scope', force => true);
