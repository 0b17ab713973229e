-- A grant on the queue of a workflow lets a role do its part with its runs, and nothing else: each function of workflows is
-- called by roles with each right, for a run of the queue of the grant and for one of another.
\getenv tests PG_ABS_SRCDIR
\set errors :tests /sql/include/errors.sql
\i :errors
\set state_of :tests /sql/include/state_of.sql
\i :state_of
SET client_min_messages = warning;
CREATE ROLE regress_pgqrs_none;
CREATE ROLE regress_pgqrs_produce;
CREATE ROLE regress_pgqrs_consume;
CREATE ROLE regress_pgqrs_manage;
CREATE ROLE regress_pgqrs_monitor;
SELECT name FROM pgqrs.create_workflow('rights.own');
SELECT name FROM pgqrs.create_workflow('rights.other');
SELECT privilege, pgqrs.grant_queue('rights.own', 'regress_pgqrs_' || privilege, privilege)
FROM unnest('{produce,consume,manage,monitor}'::text[]) AS privilege;
GRANT USAGE ON SCHEMA pgqrs TO regress_pgqrs_none;
GRANT EXECUTE ON ALL ROUTINES IN SCHEMA pgqrs
    TO regress_pgqrs_none, regress_pgqrs_produce, regress_pgqrs_consume, regress_pgqrs_manage, regress_pgqrs_monitor;

-- A run of each that a worker has, with a step that is in doubt.
CREATE TEMP TABLE known (queue text, run bigint);
INSERT INTO known
SELECT name, (SELECT run FROM pgqrs.start_workflow(name)) FROM pgqrs.workflows WHERE name LIKE 'rights.%';
SELECT count(*) FROM pgqrs.workflows AS w, LATERAL pgqrs.claim_runs(w.name) WHERE w.name LIKE 'rights.%';
SELECT status FROM known, LATERAL pgqrs.begin_step(run, 1, 'doubt', at_most_once => true);

-- A call of each function, made from its arguments. All values but the run are such that the call succeeds, or gets as far
-- as an error that tells of no right.
CREATE FUNCTION pg_temp.call_of(routine pg_proc, queue text) RETURNS text
    LANGUAGE sql
    AS $$
    SELECT format(
        'SELECT pgqrs.%I(%s)',
        routine.proname,
        string_agg(
            format('%I => %s', name, CASE
                WHEN name IN ('queue', 'workflow') THEN
                    CASE routine.proname WHEN 'create_workflow' THEN quote_literal('rights.new') ELSE quote_literal(queue) END
                WHEN name = 'run' THEN (SELECT k.run::text FROM known AS k WHERE k.queue = call_of.queue)
                WHEN name = 'mode' THEN quote_literal('all')
                WHEN name = 'duration' THEN quote_literal('1 s')
                WHEN type = 'bigint'::regtype THEN '1'
                WHEN type = 'bigint[]'::regtype THEN '''{}'''
                WHEN type = 'text'::regtype THEN '''x'''
                WHEN type = 'jsonb'::regtype THEN '''{}'''
                WHEN type = 'jsonb[]'::regtype THEN '''{1}'''
                WHEN type = 'interval'::regtype THEN '''1 s'''
                WHEN type = 'timestamptz'::regtype THEN '''tomorrow'''
            END),
            ', ' ORDER BY place))
    FROM unnest(routine.proargnames, routine.proargtypes::oid[]) WITH ORDINALITY AS a (name, type, place)
    WHERE place <= routine.pronargs
        AND (place <= routine.pronargs - routine.pronargdefaults OR name IN ('queue', 'workflow', 'duration'))
$$;
CREATE TEMP VIEW calls AS
SELECT proname, queue, role,
    coalesce(pg_temp.state_of(pg_temp.call_of(pg_proc, 'rights.' || queue), 'regress_pgqrs_' || role), 'ok') AS state
FROM pg_proc,
    unnest('{own,other}'::text[]) AS queue,
    unnest('{none,produce,consume,manage,monitor}'::text[]) AS role
WHERE pronamespace = 'pgqrs'::regnamespace
    AND prorettype <> 'trigger'::regtype
    AND prokind = 'f'
    AND proname NOT IN ('current_run', 'current_read_ct')
    AND proname ~ 'workflow|run|step|signal|event|child|value|sleep|continue';

-- On its own queue.
SELECT proname,
    max(state) FILTER (WHERE role = 'none') AS none,
    max(state) FILTER (WHERE role = 'produce') AS produce,
    max(state) FILTER (WHERE role = 'consume') AS consume,
    max(state) FILTER (WHERE role = 'manage') AS manage,
    max(state) FILTER (WHERE role = 'monitor') AS monitor
FROM calls
WHERE queue = 'own'
GROUP BY proname
ORDER BY proname;
-- On another one: only what is about all queues answers, and that with what a role has rights on.
SELECT proname, role, state
FROM calls
WHERE queue = 'other'
    AND state <> '42501'
ORDER BY proname, role;

-- What they see of all queues.
SET ROLE regress_pgqrs_monitor;
SELECT name FROM pgqrs.list_workflows();
RESET ROLE;
SELECT pgqrs.drop_workflow('rights.own', force => true), pgqrs.drop_workflow('rights.other', force => true);
DROP OWNED BY regress_pgqrs_none, regress_pgqrs_produce, regress_pgqrs_consume, regress_pgqrs_manage, regress_pgqrs_monitor;
DROP ROLE regress_pgqrs_none, regress_pgqrs_produce, regress_pgqrs_consume, regress_pgqrs_manage, regress_pgqrs_monitor;
