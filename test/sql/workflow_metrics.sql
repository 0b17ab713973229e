-- Metrics of workflows: runs by state, with a limit to what is looked at.
\getenv tests PG_ABS_SRCDIR
\set errors :tests /sql/include/errors.sql
\i :errors
SELECT name FROM pgqrs.create_workflow('wm.one', max_attempts => 5, backoff_base => '1 h', backoff_cap => '1 h');
SELECT name FROM pgqrs.create_workflow('wm.two', queue => 'wm.one');
SELECT * FROM pgqrs.workflow_metrics('wm.one');
SELECT workflow, active, exact FROM pgqrs.workflow_metrics() WHERE workflow LIKE 'wm.%';
-- A run in each state.
CREATE FUNCTION pg_temp.claimed() RETURNS TABLE (run bigint, read_ct integer) LANGUAGE sql AS $$
    WITH started AS MATERIALIZED (SELECT s.run FROM pgqrs.start_workflow('wm.one', priority => 0) AS s)
    SELECT c.run, c.read_ct FROM started, LATERAL pgqrs.claim_runs('wm.one') AS c WHERE started.run > 0
$$;
SELECT pgqrs.complete_run(run, read_ct) FROM pg_temp.claimed();
SELECT pgqrs.fail_run(run, read_ct, 'e', retryable => false) IS NOT NULL AS failed FROM pg_temp.claimed();
SELECT pgqrs.fail_run(run, read_ct, 'e') IS NOT NULL AS retrying FROM pg_temp.claimed();
SELECT status FROM pg_temp.claimed() AS c, LATERAL pgqrs.sleep(c.run, c.read_ct, 'nap', '1 h');
SELECT status FROM pg_temp.claimed() AS c, LATERAL pgqrs.wait_signal(c.run, c.read_ct, 'wait', 's');
SELECT count(*) FROM pg_temp.claimed();
SELECT pgqrs.pause_run(run) FROM pgqrs.start_workflow('wm.one');
SELECT pgqrs.cancel_run(run) FROM pgqrs.start_workflow('wm.one');
SELECT count(*) FROM pgqrs.start_workflows('wm.one', '{1,2,3}');
SELECT count(*) FROM pgqrs.start_workflows('wm.two', '{1}', delay => '1 h');
SELECT workflow, queue, active, queued, running, sleeping, waiting, retrying, paused, crashed, failed, cancelled, timed_out,
    oldest_queued_age BETWEEN '0' AND '1 h' AS aged, exact
FROM pgqrs.workflow_metrics() WHERE workflow LIKE 'wm.%';
-- What was started first is looked at first.
SELECT active, queued, retrying, sleeping, failed, cancelled, oldest_queued_age, exact
FROM pgqrs.workflow_metrics('wm.one', most => 2);
SELECT active, failed, exact FROM pgqrs.workflow_metrics('wm.one', NULL);
SELECT pg_temp.error_of($$SELECT pgqrs.workflow_metrics('wm.none')$$);
SELECT pg_temp.error_of($$SELECT pgqrs.workflow_metrics('wm none')$$);
SELECT pg_temp.error_of($$SELECT pgqrs.workflow_metrics('wm.one', 0)$$);
SELECT pgqrs.drop_workflow('wm.two', force => true), pgqrs.drop_workflow('wm.one', force => true);
