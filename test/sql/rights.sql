-- A grant lets a role do its part on one queue, without a privilege on any table, and nothing else: each function is
-- called by roles with each right, for the queue of the grant and for another one.
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

SELECT name FROM pgqrs.create_queue('rights.own');
SELECT name FROM pgqrs.create_queue('rights.other');
SELECT privilege, pgqrs.grant_queue('rights.own', 'regress_pgqrs_' || privilege, privilege)
FROM unnest('{produce,consume,manage,monitor}'::text[]) AS privilege;
-- The second time it changes nothing.
SELECT pgqrs.grant_queue('rights.own', 'regress_pgqrs_monitor', 'monitor');
SELECT queue, role, privilege, valid, granted_by = current_user AS by_us FROM pgqrs.list_grants('rights.own');
SELECT count(*) FROM pgqrs.list_grants('rights.other');

-- What a role may execute is what its right is for: the routines, by who may call them.
SELECT proname, string_agg(privilege, ', ' ORDER BY privilege) AS may_execute
FROM pg_proc
LEFT JOIN unnest('{produce,consume,manage,monitor}'::text[]) AS privilege
    ON has_function_privilege('regress_pgqrs_' || privilege, pg_proc.oid, 'EXECUTE')
WHERE pronamespace = 'pgqrs'::regnamespace
    AND prorettype <> 'trigger'::regtype
GROUP BY proname
ORDER BY proname;

-- From here on each may execute everything, so that only the rights on the queues decide.
GRANT USAGE ON SCHEMA pgqrs TO regress_pgqrs_none;
GRANT EXECUTE ON ALL ROUTINES IN SCHEMA pgqrs
    TO regress_pgqrs_none, regress_pgqrs_produce, regress_pgqrs_consume, regress_pgqrs_manage, regress_pgqrs_monitor;

-- The numbers of the queues and of a worker of each.
CREATE TEMP TABLE known (ids jsonb);
INSERT INTO known
SELECT jsonb_object_agg(q.name || '.' || key, value)
FROM pgqrs.queues AS q,
    LATERAL (VALUES ('id', q.id::bigint), ('worker', pgqrs.register_worker(q.name, 'w'))) AS id (key, value)
WHERE q.name LIKE 'rights.%';

-- A call of each function, made from its arguments. All values but the queue are such that the call succeeds.
CREATE FUNCTION pg_temp.call_of(routine pg_proc, queue text) RETURNS text
    LANGUAGE sql
    AS $$
    SELECT format(
        CASE routine.prokind WHEN 'p' THEN 'CALL pgqrs.%I(%s)' ELSE 'SELECT pgqrs.%I(%s)' END,
        routine.proname,
        string_agg(
            format('%I => %s', name, CASE
                WHEN name = 'queue' THEN quote_literal(queue)
                WHEN name = 'name' THEN quote_literal('rights.new')
                WHEN name = 'role' THEN quote_literal('regress_pgqrs_none')
                WHEN name = 'privilege' THEN quote_literal('produce')
                WHEN name IN ('id', 'worker') THEN (SELECT (ids->>(queue || '.' || name)) FROM known)
                WHEN type = 'bigint'::regtype THEN '1'
                WHEN type = 'bigint[]'::regtype THEN '''{1}'''
                WHEN type = 'text'::regtype THEN '''x'''
                WHEN type = 'text[]'::regtype THEN '''{x}'''
                WHEN type = 'jsonb'::regtype THEN '''{}'''
                WHEN type = 'jsonb[]'::regtype THEN '''{1}'''
                WHEN type = 'interval'::regtype THEN '''1 s'''
                WHEN type = 'timestamptz'::regtype THEN '''tomorrow'''
            END),
            ', ' ORDER BY place))
    FROM unnest(routine.proargnames, routine.proargtypes::oid[]) WITH ORDINALITY AS a (name, type, place)
    WHERE place <= routine.pronargs - routine.pronargdefaults
        OR name = 'queue'
$$;
CREATE TEMP VIEW calls AS
SELECT proname, queue, role,
    coalesce(pg_temp.state_of(pg_temp.call_of(pg_proc, 'rights.' || queue), 'regress_pgqrs_' || role), 'ok') AS state
FROM pg_proc,
    unnest('{own,other}'::text[]) AS queue,
    unnest('{none,produce,consume,manage,monitor}'::text[]) AS role
WHERE pronamespace = 'pgqrs'::regnamespace
    AND prorettype <> 'trigger'::regtype
    AND proname NOT IN ('wait', 'maintain', 'purge', 'version', 'current_run', 'current_read_ct')
    -- Those of workflows: see rights_workflows.sql.
    AND proname !~ 'workflow|run|step|signal|event|child|value|sleep|continue';

-- On its own queue. (The procedures are not for inside of a function: they stand below.)
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

-- Nor can they wait, also where a paused queue would let them wait in vain.
\set VERBOSITY sqlstate
SELECT pgqrs.pause_queue('rights.other');
SET ROLE regress_pgqrs_produce;
CALL pgqrs.wait('rights.own', '1 s');
CALL pgqrs.wait('rights.other', '1 s');
SELECT pgqrs.dequeue('rights.own', wait => '1 s');
SET ROLE regress_pgqrs_consume;
CALL pgqrs.wait('rights.other', '1 s');
SELECT pgqrs.dequeue('rights.other', wait => '1 s');
SELECT pgqrs.pop('rights.other');
RESET ROLE;
SELECT pgqrs.resume_queue('rights.other');

-- No grant is one to maintain all queues, and only a manager purges.
SET ROLE regress_pgqrs_monitor;
CALL pgqrs.maintain();
CALL pgqrs.purge('rights.own');
SET ROLE regress_pgqrs_manage;
CALL pgqrs.maintain();
CALL pgqrs.purge('rights.other');
CALL pgqrs.purge('rights.other', archive => true);
CALL pgqrs.purge('rights.own');
RESET ROLE;
\set VERBOSITY default

-- Without a queue: what they see is their own. A message in each queue.
SELECT count(*) FROM (VALUES (pgqrs.enqueue('rights.own', '1')), (pgqrs.enqueue('rights.other', '1'))) AS sent;
SET ROLE regress_pgqrs_monitor;
SELECT queue, messages, total_enqueued FROM pgqrs.all_queues_metrics();
SELECT queue, messages, total_enqueued FROM pgqrs.all_queues_metrics(exact => true);
SELECT name FROM pgqrs.list_queues();
SELECT pgqrs.count_queues(), pgqrs.count_messages(), pgqrs.count_archive(), pgqrs.count_workers();
SELECT queue FROM pgqrs.list_workers();
SET ROLE regress_pgqrs_manage;
SELECT role, privilege FROM pgqrs.list_grants();
SELECT messages FROM pgqrs.queue_metrics('rights.own');
RESET ROLE;

-- No table can be read or written.
SELECT role, relname
FROM pg_class,
    unnest('{none,produce,consume,manage,monitor}'::text[]) AS role
WHERE relnamespace = 'pgqrs'::regnamespace
    AND relkind = 'r'
    AND (has_table_privilege('regress_pgqrs_' || role, oid, 'SELECT, INSERT, UPDATE, DELETE, TRUNCATE, TRIGGER')
        OR has_any_column_privilege('regress_pgqrs_' || role, oid, 'SELECT, INSERT, UPDATE'));

-- A producer, a consumer and a manager do all of their parts.
SET ROLE regress_pgqrs_produce;
SELECT pgqrs.enqueue('rights.own', '"a"', priority => 0) > 0 AS enqueued;
SELECT count(*) FROM pgqrs.enqueue_batch('rights.own', '{1,2,3,4,5,6}');
SELECT pgqrs.enqueue_at('rights.own', '7', at => now() + interval '1 h') > 0 AS enqueued;
SET ROLE regress_pgqrs_consume;
CALL pgqrs.wait('rights.own', '1 s');
SELECT pgqrs.register_worker('rights.own', 'mine') AS worker \gset
SELECT payload, read_ct, pgqrs.archive('rights.own', id, read_ct) FROM pgqrs.dequeue('rights.own', worker => :worker);
SELECT payload, pgqrs.delete('rights.own', id, read_ct) FROM pgqrs.dequeue('rights.own', wait => '1 s');
SELECT pgqrs.extend_visibility('rights.own', id, '1 min'), pgqrs.release('rights.own', id)
FROM pgqrs.dequeue('rights.own');
SELECT payload FROM pgqrs.pop('rights.own');
SELECT payload FROM pgqrs.peek('rights.own', 2);
SELECT done
FROM pgqrs.dequeue_batch('rights.own', 2) AS m, pgqrs.archive_batch('rights.own', ARRAY[m.id], ARRAY[m.read_ct]);
SELECT done FROM pgqrs.dequeue('rights.own') AS m, pgqrs.release_batch('rights.own', ARRAY[m.id]);
SELECT done FROM pgqrs.dequeue('rights.own') AS m, pgqrs.delete_batch('rights.own', ARRAY[m.id]);
SELECT pgqrs.delete_worker(:worker);
SET ROLE regress_pgqrs_manage;
SELECT name, max_deliveries, description
FROM pgqrs.alter_queue('rights.own', max_deliveries => 3, description => 'ours', notify => true);
SELECT pgqrs.pause_queue('rights.own');
SET ROLE regress_pgqrs_consume;
SELECT count(*) FROM pgqrs.dequeue('rights.own');
SET ROLE regress_pgqrs_produce;
SELECT pg_temp.error_of($$SELECT pgqrs.dequeue('rights.own')$$);
SELECT pg_temp.error_of($$SELECT pgqrs.pop('rights.own')$$);
SET ROLE regress_pgqrs_manage;
SELECT pgqrs.resume_queue('rights.own');
SELECT payload FROM pgqrs.list_messages('rights.own');
SELECT count(*) FROM pgqrs.list_archive('rights.own');
SELECT pgqrs.purge_archive('rights.own', '0');
SELECT pgqrs.purge_queue('rights.own') > 0 AS purged;
RESET ROLE;
SELECT messages, archived, total_enqueued, total_finished FROM pgqrs.queue_metrics('rights.own', exact => true);
-- Departures are summed up by consumers, too: they come twice as often as sums do.
SELECT count(*) FROM pgqrs.enqueue_batch('rights.own', array_fill('1'::jsonb, ARRAY[1000]));
SET ROLE regress_pgqrs_consume;
DO $$BEGIN FOR i IN 1..1000 LOOP PERFORM pgqrs.pop('rights.own'); END LOOP; END$$;
RESET ROLE;
SELECT count(*) < 1000 AS summed_up, sum(finished) FROM pgqrs.departures;

-- Who is a member of a role has its rights, and SECURITY DEFINER gives those of the function's owner.
CREATE ROLE regress_pgqrs_member IN ROLE regress_pgqrs_produce;
SET ROLE regress_pgqrs_member;
SELECT pgqrs.enqueue('rights.own', '"member"') > 0 AS enqueued;
RESET ROLE;
REVOKE regress_pgqrs_produce FROM regress_pgqrs_member;
GRANT USAGE ON SCHEMA pgqrs TO regress_pgqrs_member;
GRANT EXECUTE ON FUNCTION pgqrs.enqueue TO regress_pgqrs_member;
SET ROLE regress_pgqrs_member;
SELECT pg_temp.error_of($$SELECT pgqrs.enqueue('rights.own', '1')$$);
RESET ROLE;
CREATE FUNCTION pg_temp.send() RETURNS boolean
    LANGUAGE sql SECURITY DEFINER
    AS $$SELECT pgqrs.enqueue('rights.own', '"definer"') > 0$$;
ALTER FUNCTION pg_temp.send() OWNER TO regress_pgqrs_produce;
SET ROLE regress_pgqrs_member;
SELECT pg_temp.send();
RESET ROLE;

-- Errors.
SELECT pg_temp.error_of($$SELECT pgqrs.grant_queue('rights.own', 'regress_pgqrs_nobody', 'produce')$$);
SELECT pg_temp.error_of($$SELECT pgqrs.grant_queue('rights.own', 'regress_pgqrs_none', 'read')$$);
SELECT pg_temp.error_of($$SELECT pgqrs.grant_queue('rights.none', 'regress_pgqrs_none', 'produce')$$);
SELECT pg_temp.error_of($$SELECT pgqrs.grant_queue('rights.own', NULL, 'produce')$$);
SELECT pg_temp.error_of($$SELECT pgqrs.grant_queue('rights.own', 'regress_pgqrs_none', NULL)$$);
SELECT pg_temp.error_of($$SELECT pgqrs.revoke_queue('rights.own', 'regress_pgqrs_nobody', 'produce')$$);
SELECT pgqrs.revoke_queue('rights.own', 'regress_pgqrs_none', 'produce');
SET ROLE regress_pgqrs_manage;
SELECT pg_temp.error_of($$SELECT pgqrs.grant_queue('rights.own', 'regress_pgqrs_none', 'produce')$$);
SELECT pg_temp.error_of($$SELECT pgqrs.revoke_queue('rights.own', 'regress_pgqrs_none', 'produce')$$);
SELECT pg_temp.error_of($$SELECT pgqrs.create_queue('rights.new')$$);
RESET ROLE;
-- Nor can somebody help himself who may write the table.
GRANT ALL ON ALL TABLES IN SCHEMA pgqrs TO regress_pgqrs_member;
SET ROLE regress_pgqrs_member;
SELECT pg_temp.error_of($$
    INSERT INTO pgqrs.grants (queue_id, role, privilege, role_oid, granted_by)
    SELECT queue_id, current_user, 'manage', current_user::regrole, current_user FROM pgqrs.grants LIMIT 1$$);
SELECT pg_temp.error_of('UPDATE pgqrs.grants SET role = current_user, role_oid = current_user::regrole');
RESET ROLE;
REVOKE ALL ON ALL TABLES IN SCHEMA pgqrs FROM regress_pgqrs_member;

-- An error that is caught leaves the user as he is.
SET ROLE regress_pgqrs_consume;
SELECT pg_temp.error_of($$SELECT pgqrs.dequeue('rights.own', worker => 0)$$), current_user;
SELECT pg_temp.error_of($$SELECT pgqrs.list_workers('rights.own', qty => 0)$$), current_user;
SELECT pg_temp.error_of($$SELECT pgqrs.register_worker('rights.own', '')$$), current_user;
RESET ROLE;

-- A revoke leaves the other rights of the role; the last one takes EXECUTE and USAGE along that a grant brought.
SELECT pgqrs.grant_queue('rights.own', 'regress_pgqrs_monitor', 'produce');
SELECT pgqrs.revoke_queue('rights.own', 'regress_pgqrs_monitor', 'monitor');
SET ROLE regress_pgqrs_monitor;
SELECT pgqrs.enqueue('rights.own', '1') > 0 AS enqueued;
SELECT pg_temp.error_of($$SELECT pgqrs.queue_metrics('rights.own')$$);
RESET ROLE;
REVOKE EXECUTE ON ALL ROUTINES IN SCHEMA pgqrs FROM regress_pgqrs_monitor;
SELECT pgqrs.revoke_queue('rights.own', 'regress_pgqrs_monitor', 'produce');
SELECT has_schema_privilege('regress_pgqrs_monitor', 'pgqrs', 'USAGE');
SELECT pgqrs.grant_queue('rights.own', 'regress_pgqrs_none', 'produce');
SELECT pgqrs.revoke_queue('rights.own', 'regress_pgqrs_none', 'produce');
SELECT has_schema_privilege('regress_pgqrs_none', 'pgqrs', 'USAGE');

-- A role that was dropped leaves its grant behind, and a new one of the same name does not get it. A role with another
-- name has no grant.
DROP OWNED BY regress_pgqrs_produce;
DROP ROLE regress_pgqrs_produce;
CREATE ROLE regress_pgqrs_produce;
GRANT USAGE ON SCHEMA pgqrs TO regress_pgqrs_produce;
GRANT EXECUTE ON FUNCTION pgqrs.enqueue TO regress_pgqrs_produce;
SET ROLE regress_pgqrs_produce;
SELECT pg_temp.error_of($$SELECT pgqrs.enqueue('rights.own', '1')$$);
RESET ROLE;
ALTER ROLE regress_pgqrs_consume RENAME TO regress_pgqrs_renamed;
SELECT role, privilege, valid FROM pgqrs.list_grants('rights.own');
ALTER ROLE regress_pgqrs_renamed RENAME TO regress_pgqrs_consume;
SELECT pgqrs.grant_queue('rights.own', 'regress_pgqrs_produce', 'produce');
SET ROLE regress_pgqrs_produce;
SELECT pgqrs.enqueue('rights.own', '1') > 0 AS enqueued;
RESET ROLE;
SELECT role, privilege, valid FROM pgqrs.list_grants('rights.own');
DROP OWNED BY regress_pgqrs_produce;
DROP ROLE regress_pgqrs_produce;
SELECT pgqrs.revoke_queue('rights.own', 'regress_pgqrs_produce', 'produce');
SELECT pg_temp.error_of($$SELECT pgqrs.revoke_queue('rights.own', 'regress_pgqrs_produce', 'produce')$$);

-- Grants go with their queue.
SET ROLE regress_pgqrs_manage;
SELECT pg_temp.error_of($$SELECT pgqrs.drop_queue('rights.other', force => true)$$);
SELECT pg_temp.error_of($$SELECT pgqrs.drop_queue('rights.own')$$);
SELECT pgqrs.drop_queue('rights.own', force => true) > 0 AS dropped;
RESET ROLE;
SELECT count(*) FROM pgqrs.grants;
SELECT pgqrs.grant_queue('rights.other', 'regress_pgqrs_none', 'produce');
SELECT pgqrs.purge_queue('rights.other');
DELETE FROM pgqrs.workers;
DELETE FROM pgqrs.departures;
DELETE FROM pgqrs.queues WHERE name = 'rights.other';
SELECT count(*) FROM pgqrs.grants;
SELECT * FROM pgqrs.verify();
DROP OWNED BY regress_pgqrs_none, regress_pgqrs_consume, regress_pgqrs_manage, regress_pgqrs_monitor,
    regress_pgqrs_member;
DROP ROLE regress_pgqrs_none, regress_pgqrs_consume, regress_pgqrs_manage, regress_pgqrs_monitor,
    regress_pgqrs_member;
