-- The server executes runs: it calls the procedure of the workflow, and each step commits with its record.
\set VERBOSITY terse
SET client_min_messages = warning;
-- Background workers would execute the runs, too. (The test server has none; this is for others.)
ALTER SYSTEM SET pgqrs.workflow_runners = 0;
SELECT pg_reload_conf();
CREATE SCHEMA app;
CREATE TABLE app.ledger (id bigint GENERATED ALWAYS AS IDENTITY, run bigint, what text);
CREATE FUNCTION app.note(args jsonb) RETURNS jsonb LANGUAGE plpgsql AS $$
BEGIN
    INSERT INTO app.ledger (run, what) VALUES (pgqrs.current_run(), args #>> '{}');
    RETURN jsonb_build_object('noted', args);
END $$;

-- A handler is a procedure of a run and its input, and may have the output as a third argument. Its name is kept
-- with the schema.
CREATE PROCEDURE app.order_flow(run bigint, input jsonb, INOUT output jsonb) LANGUAGE plpgsql AS $$
DECLARE
    result jsonb;
    error text;
    late boolean;
BEGIN
    CALL pgqrs.step('reserve', 'app.note', '"reserve"', result, error);
    FOR i IN 1 .. 2 LOOP
        CALL pgqrs.step('pack', 'app.note', to_jsonb('pack ' || i), result, error);
    END LOOP;
    CALL pgqrs.sleep_step('cool off', '1 hour');
    CALL pgqrs.wait_signal_step('approval', 'approved', result, late, timeout => '1 day');
    output := jsonb_build_object('approval', result, 'late', late);
END $$;
SET search_path = app, public;
SELECT name, handler FROM pgqrs.create_workflow('order', handler => 'order_flow');
RESET search_path;
SELECT run AS order_run FROM pgqrs.start_workflow('order', '{}') \gset
CALL pgqrs.run_workflows();
SELECT state FROM pgqrs.get_run(:order_run);
-- While it sleeps, nothing of it is left in the session.
SELECT pgqrs.current_run() IS NULL AS none;
SET pgqrs.clock_offset = '61 min';
CALL pgqrs.run_workflows();
SELECT state, reason FROM pgqrs.get_run(:order_run);
SELECT pgqrs.signal_run(:order_run, 'approved', '{"by": "ada"}');
CALL pgqrs.run_workflows();
SELECT state, output, attempt FROM pgqrs.get_run(:order_run);
-- Each step took place once, although the handler was called three times.
SELECT what FROM app.ledger WHERE run = :order_run ORDER BY id;
SELECT name, seq, kind, status, output FROM pgqrs.list_steps(:order_run);
RESET pgqrs.clock_offset;

-- A step that fails is undone, and tried again. When it has failed for good, the run fails for good, too, or
-- the handler makes up for it.
CREATE FUNCTION app.charge() RETURNS void LANGUAGE plpgsql AS $$
BEGIN
    PERFORM app.note('"charge"');
    RAISE EXCEPTION 'card was declined' USING DETAIL = 'Code 51.';
END $$;
CREATE PROCEDURE app.pay_flow(run bigint, input jsonb) LANGUAGE plpgsql AS $$
DECLARE
    result jsonb;
    error text;
BEGIN
    CALL pgqrs.step('reserve', 'app.note', '"reserve"', result, error);
    CALL pgqrs.step('charge', 'app.charge', NULL, result, error,
        on_error => input #>> '{}', max_attempts => 2, backoff_base => '1 min');
    IF error IS NOT NULL THEN
        CALL pgqrs.step('release', 'app.note', to_jsonb('release: ' || error), result, error);
    END IF;
END $$;
SELECT name FROM pgqrs.create_workflow('pay', handler => 'app.pay_flow', max_attempts => 5);
SELECT run AS raising FROM pgqrs.start_workflow('pay', '"raise"') \gset
SELECT run AS returning FROM pgqrs.start_workflow('pay', '"return"') \gset
CALL pgqrs.run_workflows();
SELECT state, reason FROM pgqrs.list_runs('pay');
SET pgqrs.clock_offset = '2 min';
CALL pgqrs.run_workflows();
SELECT run = :raising AS raising, state, regexp_replace(split_part(error, E'\nCONTEXT', 1), '\d+', 'N') AS error
FROM pgqrs.list_runs('pay');
SELECT name, status, attempt, error FROM pgqrs.list_steps(:returning);
SELECT run = :raising AS raising, what FROM app.ledger WHERE run IN (:raising, :returning) ORDER BY id;
-- An operator who tries it again has the failed step executed again.
SELECT pgqrs.retry_run(:raising);
CREATE OR REPLACE FUNCTION app.charge() RETURNS void LANGUAGE sql AS 'SELECT app.note(''"charged"'')';
CALL pgqrs.run_workflows();
SELECT state FROM pgqrs.get_run(:raising);
RESET pgqrs.clock_offset;

-- An error of the handler itself is a failure of the run. It does not end the call.
CREATE PROCEDURE app.odd_flow(run bigint, input jsonb) LANGUAGE plpgsql AS $$
DECLARE
    result jsonb;
    error text;
    number record;
    child bigint;
    ids bigint[];
    late boolean;
BEGIN
    CASE input #>> '{}'
    WHEN 'error' THEN
        PERFORM 1 / 0;
    WHEN 'exception block' THEN
        BEGIN
            CALL pgqrs.step('step', 'app.note', input, result, error);
        EXCEPTION WHEN OTHERS THEN
            RAISE;
        END;
    WHEN 'execute' THEN
        EXECUTE 'CALL pgqrs.sleep_step(''nap'', ''1 s'')';
    WHEN 'unknown function' THEN
        CALL pgqrs.step('step', 'app.no_such', input, result, error);
    WHEN 'set of rows' THEN
        CALL pgqrs.step('step', 'jsonb_array_elements', input, result, error);
    WHEN 'no name' THEN
        CALL pgqrs.step('', 'app.note', input, result, error);
    WHEN 'wrong on_error' THEN
        CALL pgqrs.step('step', 'app.note', input, result, error, on_error => 'ignore');
    WHEN 'another kind' THEN
        IF pgqrs.current_read_ct() = 1 THEN
            CALL pgqrs.sleep_step('same', '1 ms');
        END IF;
        CALL pgqrs.step('same', 'app.note', input, result, error);
    WHEN 'continue' THEN
        CALL pgqrs.continue_as_new_step('"loop"');
    WHEN 'loop' THEN
        -- A loop over a query goes on over the commits in it.
        FOR number IN SELECT n FROM generate_series(1, 3) AS n LOOP
            CALL pgqrs.step('loop', 'app.note', to_jsonb('loop ' || number.n), result, error);
        END LOOP;
        COMMIT;
    WHEN 'cancel is caught' THEN
        BEGIN
            CALL pgqrs.sleep_step('nap', '1 hour');
        EXCEPTION WHEN query_canceled THEN
            NULL;
        END;
    WHEN 'children' THEN
        CALL pgqrs.start_children_step('children', 'odd', ARRAY['"loop"', '"error"']::jsonb[], ids);
        CALL pgqrs.start_child_step('child', 'odd', '"loop"', child);
        CALL pgqrs.wait_runs_step('all', ids || child, result, late);
        CALL pgqrs.step('sum', 'app.note', to_jsonb(jsonb_path_query_array(result, '$[*].state')), result, error);
    WHEN 'event' THEN
        CALL pgqrs.wait_event_step('open', 'opened', result, late, timeout => '1 hour');
        PERFORM pgqrs.set_value(run, pgqrs.current_read_ct(), 'seen', result);
    WHEN 'another call' THEN
        CALL pgqrs.run_workflows('0', child);
    END CASE;
END $$;
SELECT name FROM pgqrs.create_workflow('odd', handler => 'app.odd_flow', max_attempts => 1);
SELECT count(*) FROM pgqrs.start_workflows('odd', ARRAY[
    '"error"', '"exception block"', '"execute"', '"unknown function"', '"set of rows"', '"no name"',
    '"wrong on_error"', '"another kind"', '"continue"', '"cancel is caught"', '"children"', '"event"',
    '"another call"']::jsonb[]);
CALL pgqrs.run_workflows('1 s');
SELECT pgqrs.emit_event('odd', 'opened', '7');
CALL pgqrs.run_workflows();
SELECT i.input, i.state, regexp_replace(split_part(i.error, E'\n', 1), 'run \d+', 'run N') AS error
FROM pgqrs.list_runs('odd') AS l CROSS JOIN LATERAL pgqrs.get_run(l.run) AS i
ORDER BY i.run;
SELECT what FROM app.ledger WHERE what LIKE 'loop%' OR what LIKE '[%' ORDER BY id;

-- A run that was begun and not finished has failed once: its session has ended.
SELECT name FROM pgqrs.create_workflow('crash', handler => 'app.odd_flow', max_attempts => 2, backoff_base => '1 s');
SELECT run AS crashed FROM pgqrs.start_workflow('crash', '"loop"') \gset
SELECT read_ct FROM pgqrs.claim_runs('crash', vt => '1 s') \gset
UPDATE pgqrs.messages SET flags = 4 WHERE id = :crashed;
SET pgqrs.clock_offset = '1 min';
CALL pgqrs.run_workflows();
SELECT state, attempt FROM pgqrs.get_run(:crashed);
SELECT error FROM pgqrs.list_failures('crash', :crashed);
SET pgqrs.clock_offset = '2 min';
CALL pgqrs.run_workflows();
SELECT state FROM pgqrs.get_run(:crashed);
RESET pgqrs.clock_offset;

-- A handler that is gone leaves the run waiting, until there is one again.
SELECT run AS waiting FROM pgqrs.start_workflow('crash', '"loop"') \gset
DROP PROCEDURE app.odd_flow;
CALL pgqrs.run_workflows();
SELECT state, reason FROM pgqrs.get_run(:waiting);
CREATE PROCEDURE app.odd_flow(run bigint, input jsonb) LANGUAGE sql AS 'SELECT 1';
SELECT pgqrs.resume_run(:waiting);
CALL pgqrs.run_workflows();
SELECT state FROM pgqrs.get_run(:waiting);

-- Cancelled and paused runs.
CREATE PROCEDURE app.nap_flow(run bigint, input jsonb) LANGUAGE plpgsql AS $$
BEGIN
    PERFORM pgqrs.cancel_run(run);
    COMMIT;
    CALL pgqrs.sleep_step('nap', '1 hour');
END $$;
SELECT name FROM pgqrs.create_workflow('nap', handler => 'app.nap_flow');
SELECT run AS napping FROM pgqrs.start_workflow('nap') \gset
CALL pgqrs.run_workflows();
SELECT state FROM pgqrs.get_run(:napping);

-- What a function of a step sets does not reach the handler.
CREATE FUNCTION app.set_path() RETURNS void LANGUAGE sql AS
    'SELECT set_config(''search_path'', ''pg_catalog'', false)';
CREATE PROCEDURE app.path_flow(run bigint, input jsonb, INOUT output jsonb) LANGUAGE plpgsql AS $$
DECLARE
    result jsonb;
    error text;
BEGIN
    CALL pgqrs.step('path', 'app.set_path', NULL, result, error);
    output := to_jsonb(current_setting('search_path'));
END $$;
SELECT name FROM pgqrs.create_workflow('path', handler => 'app.path_flow');
SELECT run AS path FROM pgqrs.start_workflow('path') \gset
CALL pgqrs.run_workflows();
SELECT output FROM pgqrs.get_run(:path);

-- What a handler, or a function of a step, sets and leaves behind does not reach the next run, nor the session.
CREATE ROLE regress_other;
CREATE FUNCTION app.set_role() RETURNS void LANGUAGE sql AS
    'SELECT set_config(''role'', ''regress_other'', false), set_config(''DateStyle'', ''German'', false)';
CREATE PROCEDURE app.settings_flow(run bigint, input jsonb, INOUT output jsonb) LANGUAGE plpgsql AS $$
DECLARE
    result jsonb;
    error text;
    before text := concat_ws(' ', current_user = session_user, current_setting('search_path'));
BEGIN
    CASE input #>> '{}'
    WHEN 'step' THEN
        CALL pgqrs.step('path', 'app.set_path', NULL, result, error);
        CALL pgqrs.step('role', 'app.set_role', NULL, result, error);
    WHEN 'step, error' THEN
        CALL pgqrs.step('path', 'app.set_path', NULL, result, error);
        CALL pgqrs.step('role', 'app.set_role', NULL, result, error);
        PERFORM 1 / 0;
    WHEN 'for the transaction' THEN
        SET LOCAL search_path = app;
        CALL pgqrs.step('note', 'app.note', input, result, error);
    WHEN 'handler' THEN
        SET search_path = app;
        SET ROLE regress_other;
        COMMIT;
        PERFORM 1 / 0;
    ELSE
        NULL;
    END CASE;
    output := jsonb_build_array(before, current_user = session_user, current_setting('search_path'),
        current_setting('DateStyle'));
END $$;
SELECT name FROM pgqrs.create_workflow('settings', handler => 'app.settings_flow', max_attempts => 1);
SELECT count(*) FROM pgqrs.start_workflows('settings', ARRAY[
    '"step"', '"none"', '"step, error"', '"none"', '"for the transaction"', '"handler"', '"none"']::jsonb[]);
CALL pgqrs.run_workflows();
SELECT i.input, i.state, i.output
FROM pgqrs.list_runs('settings') AS l CROSS JOIN LATERAL pgqrs.get_run(l.run) AS i
ORDER BY i.run;
SELECT current_user = session_user AS same, current_setting('search_path') AS search_path;
DROP ROLE regress_other;

-- Another procedure or function of the name is not called instead: not one with other arguments, and not one that
-- got the name afterwards.
CREATE PROCEDURE app.named(run bigint, input jsonb, INOUT output jsonb) LANGUAGE plpgsql AS $$
DECLARE
    error text;
BEGIN
    CALL pgqrs.step('named', input #>> '{}', NULL, output, error);
END $$;
CREATE PROCEDURE app.named(run bigint, input jsonb, INOUT output text) LANGUAGE sql AS 'SELECT ''wrong''';
CREATE FUNCTION app.answer() RETURNS text LANGUAGE sql AS 'SELECT ''right''';
SELECT name, handler FROM pgqrs.create_workflow('named', handler => 'app.named', max_attempts => 1);
SELECT run AS right_one FROM pgqrs.start_workflow('named', '"app.answer"') \gset
CALL pgqrs.run_workflows();
SELECT state, output FROM pgqrs.get_run(:right_one);
ALTER FUNCTION app.answer() RENAME TO old_answer;
CREATE FUNCTION app.answer() RETURNS text LANGUAGE sql AS 'SELECT ''new''';
SELECT run AS renamed FROM pgqrs.start_workflow('named', '"app.old_answer"') \gset
SELECT run AS renewed FROM pgqrs.start_workflow('named', '"app.answer"') \gset
CALL pgqrs.run_workflows();
SELECT state, output FROM pgqrs.get_run(:renamed);
SELECT state, output FROM pgqrs.get_run(:renewed);
CREATE FUNCTION app.answer(jsonb) RETURNS text LANGUAGE sql AS 'SELECT ''wrong''';
SELECT run AS ambiguous FROM pgqrs.start_workflow('named', '"app.answer"') \gset
CALL pgqrs.run_workflows();
SELECT state, split_part(error, E'\n', 1) AS error FROM pgqrs.get_run(:ambiguous);
SELECT run AS parked FROM pgqrs.start_workflow('named', '"app.old_answer"') \gset
CREATE PROCEDURE app.named(run bigint, input jsonb) LANGUAGE sql AS 'SELECT 1';
CALL pgqrs.run_workflows();
SELECT state, reason FROM pgqrs.get_run(:parked);
SELECT pgqrs.alter_workflow('named', handler => 'app.named');
DROP PROCEDURE app.named(bigint, jsonb);
SELECT handler FROM pgqrs.alter_workflow('named', handler => 'app.named');
CALL pgqrs.run_workflows();
SELECT state, output FROM pgqrs.get_run(:parked);

-- A constraint that was deferred is one of the step.
CREATE TABLE app.account (id bigint PRIMARY KEY);
CREATE TABLE app.entry (account bigint REFERENCES app.account DEFERRABLE INITIALLY DEFERRED);
CREATE FUNCTION app.enter() RETURNS void LANGUAGE sql AS 'INSERT INTO app.entry VALUES (0)';
CREATE PROCEDURE app.defer_flow(run bigint, input jsonb, INOUT output jsonb) LANGUAGE plpgsql AS $$
DECLARE
    error text;
BEGIN
    CALL pgqrs.step('enter', 'app.enter', NULL, output, error, on_error => 'return', max_attempts => 1);
    output := to_jsonb(error);
END $$;
SELECT name FROM pgqrs.create_workflow('defer', handler => 'app.defer_flow', max_attempts => 1);
SELECT run AS deferred FROM pgqrs.start_workflow('defer') \gset
CALL pgqrs.run_workflows();
SELECT state, output FROM pgqrs.get_run(:deferred);
SELECT name, status FROM pgqrs.list_steps(:deferred);

-- A handler that ends its delivery itself and does not commit that has failed.
CREATE PROCEDURE app.own_end_flow(run bigint, input jsonb) LANGUAGE plpgsql AS $$
BEGIN
    PERFORM pgqrs.complete_run(run, pgqrs.current_read_ct(), '"mine"');
    IF input = '"commit"' THEN
        COMMIT;
    END IF;
END $$;
SELECT name FROM pgqrs.create_workflow('own-end', handler => 'app.own_end_flow', max_attempts => 1);
SELECT count(*) FROM pgqrs.start_workflows('own-end', ARRAY['"no commit"', '"commit"']::jsonb[]);
CALL pgqrs.run_workflows();
SELECT i.input, i.state, i.output, regexp_replace(split_part(i.error, E'\nCONTEXT', 1), 'run \d+', 'run N') AS error
FROM pgqrs.list_runs('own-end') AS l CROSS JOIN LATERAL pgqrs.get_run(l.run) i
ORDER BY i.run;

-- A handler that lost against other transactions is called again at once. Its isolation level is that of the session,
-- and what it takes to execute it does not lose.
CREATE SEQUENCE app.calls;
CREATE PROCEDURE app.conflict_flow(run bigint, input jsonb, INOUT output jsonb) LANGUAGE plpgsql AS $$
DECLARE
    result jsonb;
    error text;
    late boolean;
BEGIN
    CALL pgqrs.step('first', 'app.note', '"conflict"', result, error);
    CALL pgqrs.wait_signal_step('go', 'go', result, late);
    IF nextval('app.calls') < 3 THEN
        RAISE EXCEPTION 'could not serialize access' USING ERRCODE = '40001';
    END IF;
    output := jsonb_build_array(current_setting('transaction_isolation'), currval('app.calls'));
END $$;
SELECT name FROM pgqrs.create_workflow('conflict', handler => 'app.conflict_flow', max_attempts => 1);
SELECT run AS conflicting FROM pgqrs.start_workflow('conflict') \gset
SET default_transaction_isolation = 'serializable';
CALL pgqrs.run_workflows();
SELECT pgqrs.signal_run(:conflicting, 'go');
CALL pgqrs.run_workflows();
RESET default_transaction_isolation;
SELECT state, output FROM pgqrs.get_run(:conflicting);
SELECT count(*) FROM app.ledger WHERE run = :conflicting;

-- Where it cannot be called.
BEGIN;
CALL pgqrs.run_workflows();
ROLLBACK;
DO $$ DECLARE n bigint; BEGIN CALL pgqrs.run_workflows('0', n); END $$;
CALL pgqrs.run_workflows('-1 s');
\set VERBOSITY sqlstate
CALL pgqrs.step('a', 'app.note');
CALL pgqrs.sleep_step('a', '1 s');
\set VERBOSITY terse

-- A queue is executed in one way: by the server for one owner, or by workers.
SELECT pgqrs.create_workflow('nap2', queue => 'nap');
SELECT name FROM pgqrs.create_workflow('nap2', queue => 'nap', handler => 'app.nap_flow');
SELECT pgqrs.alter_workflow('nap2', handler => '');
SELECT handler FROM pgqrs.alter_workflow('crash', handler => '');
SELECT handler FROM pgqrs.alter_workflow('crash', handler => 'app.nap_flow');

-- Nobody has the server execute something as somebody else.
CREATE ROLE regress_handlers;
GRANT USAGE ON SCHEMA pgqrs, app TO regress_handlers;
GRANT ALL ON ALL TABLES IN SCHEMA pgqrs, app TO regress_handlers;
GRANT ALL ON ALL SEQUENCES IN SCHEMA pgqrs TO regress_handlers;
GRANT ALL ON ALL ROUTINES IN SCHEMA pgqrs TO regress_handlers;
SET ROLE regress_handlers;
SELECT pgqrs.alter_workflow('nap', handler => 'app.nap_flow');
UPDATE pgqrs.workflows SET handler = 'app.nap_flow' WHERE name = 'nap';
SELECT pgqrs.create_workflow('nap3', queue => 'nap', handler => 'app.nap_flow');
SELECT name FROM pgqrs.create_workflow('theirs', handler => 'app.path_flow');
UPDATE pgqrs.workflows SET owner = (SELECT owner FROM pgqrs.workflows WHERE name = 'nap') WHERE name = 'theirs';
SELECT run AS theirs FROM pgqrs.start_workflow('theirs') \gset
SELECT run AS ours FROM pgqrs.start_workflow('path') \gset
RESET ROLE;
-- Each executes his own.
CALL pgqrs.run_workflows();
SELECT state FROM pgqrs.get_run(:ours);
SELECT state FROM pgqrs.get_run(:theirs);
SET ROLE regress_handlers;
CALL pgqrs.run_workflows();
SELECT state FROM pgqrs.get_run(:theirs);
-- A run that somebody moves to another workflow, or to another queue, gets no handler there.
SELECT run AS moved FROM pgqrs.start_workflow('path') \gset
SELECT run AS carried FROM pgqrs.start_workflow('theirs') \gset
UPDATE pgqrs.runs SET workflow_id = (SELECT id FROM pgqrs.workflows WHERE name = 'theirs') WHERE id = :moved;
UPDATE pgqrs.messages SET queue_id = (SELECT id FROM pgqrs.queues WHERE name = 'path') WHERE id = :carried;
RESET ROLE;
CALL pgqrs.run_workflows();
SELECT run = :moved AS moved, state, reason FROM pgqrs.list_runs('theirs') WHERE run IN (:moved, :carried);

-- Grants on the queue are enough for an owner.
CREATE ROLE regress_handlers_granted;
GRANT USAGE ON SCHEMA app TO regress_handlers_granted;
SELECT name FROM pgqrs.create_workflow('granted', handler => 'app.path_flow');
UPDATE pgqrs.workflows SET owner = 'regress_handlers_granted' WHERE name = 'granted';
SELECT pgqrs.grant_queue('granted', 'regress_handlers_granted', privilege)
FROM unnest('{produce, consume}'::text[]) AS privilege;
SET ROLE regress_handlers_granted;
SELECT run AS granted FROM pgqrs.start_workflow('granted') \gset
CALL pgqrs.run_workflows();
SELECT state FROM pgqrs.get_run(:granted);
RESET ROLE;

-- A step shows how long it took. One whose output is too large has failed.
CREATE FUNCTION app.slow_and_large(args jsonb) RETURNS text LANGUAGE sql AS
    'SELECT repeat(''x'', args::int) FROM pg_sleep(0.02)';
CREATE PROCEDURE app.large_flow(run bigint, input jsonb, INOUT output jsonb) LANGUAGE plpgsql AS $$
DECLARE
    result jsonb;
    error text;
BEGIN
    CALL pgqrs.step('small', 'app.slow_and_large', '1', result, error);
    CALL pgqrs.step('large', 'app.slow_and_large', '2000', result, error, on_error => 'return', max_attempts => 1);
    output := to_jsonb(error);
END $$;
SELECT name FROM pgqrs.create_workflow('large', handler => 'app.large_flow');
SELECT run AS large FROM pgqrs.start_workflow('large') \gset
SET pgqrs.max_payload_size = '1 kB';
CALL pgqrs.run_workflows();
RESET pgqrs.max_payload_size;
SELECT state, output FROM pgqrs.get_run(:large);
SELECT name, status, recorded_at - started_at >= '20 ms' AS is_slow FROM pgqrs.list_steps(:large);

ALTER SYSTEM RESET pgqrs.workflow_runners;
SELECT pg_reload_conf();
SELECT pgqrs.drop_workflow(name, true) FROM pgqrs.list_workflows();
DROP OWNED BY regress_handlers, regress_handlers_granted;
DROP ROLE regress_handlers, regress_handlers_granted;
DROP SCHEMA app CASCADE;
