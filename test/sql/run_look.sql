-- Looking at runs: one, many, its steps, its timeline, those that are stuck, and waiting for one.
\getenv tests PG_ABS_SRCDIR
\set errors :tests /sql/include/errors.sql
\i :errors
CREATE FUNCTION pg_temp.masked(command text) RETURNS text LANGUAGE sql AS
    $$SELECT regexp_replace(pg_temp.error_of(command), 'run \d+', 'run N', 'g')$$;
SELECT name FROM pgqrs.create_workflow('look', max_attempts => 2, backoff_base => '0', backoff_cap => '0');
SELECT name FROM pgqrs.create_workflow('other', queue => 'look');
SELECT run
FROM pgqrs.start_workflow('look', '{"a": 1}', 'key', priority => 2, headers => '{"h": 1}', version => 'v1') \gset
SELECT workflow, queue, version, state, reason, attempt, read_ct, worker_id, available_at IS NOT NULL AS available, vt,
    parent, first_run, continued_as, finished_at, deadline, idempotency_key, cancel_requested,
    headers, input, output, error
FROM pgqrs.get_run(:run);
SELECT read_ct FROM pgqrs.claim_runs('look');
SELECT state, reason, read_ct, available_at, vt > now() AS leased FROM pgqrs.get_run(:run);
SELECT recorded FROM pgqrs.complete_step(:run, 1, 'one', '1');
SELECT status FROM pgqrs.begin_step(:run, 1, 'two', at_most_once => true);
SELECT state FROM pgqrs.fail_run(:run, 1, 'broke');
SELECT state, reason, attempt FROM pgqrs.get_run(:run);
SELECT name, seq, kind, status, attempt, read_ct, started_at <= recorded_at AS recorded, until, child, output, error
FROM pgqrs.list_steps(:run);
SELECT name, seq, kind, status, ended_at IS NULL AS open, attempt, child, error FROM pgqrs.run_timeline(:run);
SELECT read_ct FROM pgqrs.claim_runs('look');
SELECT pgqrs.complete_run(:run, 2, '"out"');
SELECT state, reason, attempt, read_ct, vt, finished_at IS NOT NULL AS finished, output FROM pgqrs.get_run(:run);
SELECT name, kind, status, ended_at IS NULL AS open FROM pgqrs.run_timeline(:run);
SELECT pg_temp.error_of('SELECT pgqrs.get_run(-1)');
SELECT pg_temp.error_of('SELECT pgqrs.get_run(NULL)');
SELECT pg_temp.error_of('SELECT pgqrs.list_steps(-1)');
SELECT pg_temp.error_of('SELECT pgqrs.list_steps(NULL)');
SELECT pg_temp.error_of('SELECT pgqrs.run_timeline(-1)');
SELECT pg_temp.error_of('SELECT pgqrs.run_timeline(NULL)');

-- Lists: by state, by workflow, by time, page by page.
SELECT count(*) FROM pgqrs.start_workflows('look', ARRAY['1', '2', '3']::jsonb[]);
SELECT run AS later FROM pgqrs.start_workflow('other', '4', delay => '1 h') \gset
SELECT pgqrs.pause_run(:later);
SELECT pgqrs.fail_run(run, read_ct, 'e', retryable => false) IS NOT NULL AS failed FROM pgqrs.claim_runs('look');
SELECT run AS running FROM pgqrs.claim_runs('look') \gset
SELECT row_number() OVER (ORDER BY run) AS nr, workflow, state, idempotency_key, headers, input, output, error
FROM pgqrs.list_runs();
SELECT s, count(run) FROM unnest(enum_range(NULL::pgqrs.run_state)) WITH ORDINALITY AS s (s, place)
LEFT JOIN LATERAL pgqrs.list_runs(state => s::text) ON true GROUP BY s, place ORDER BY place;
SELECT count(*), count(*) FILTER (WHERE workflow = 'other') AS other FROM pgqrs.list_runs('other');
SELECT count(*) FROM pgqrs.list_runs('look', 'queued');
SELECT count(*) FROM pgqrs.list_runs(since => now() + interval '1 h');
SELECT count(*) FROM pgqrs.list_runs(until => now() - interval '1 h');
SELECT count(*) FROM pgqrs.list_runs('look', since => now() - interval '1 h', until => now() + interval '1 h');
SELECT count(*) FROM pgqrs.list_runs(qty => 2);
SELECT count(*) FROM pgqrs.list_runs(after_id => (SELECT max(run) FROM pgqrs.list_runs(qty => 2)));
SELECT pg_temp.error_of('SELECT pgqrs.list_runs(''none'')');
SELECT pg_temp.error_of('SELECT pgqrs.list_runs(state => ''none'')');
SELECT pg_temp.error_of('SELECT pgqrs.list_runs(qty => 0)');
SELECT pg_temp.error_of('SELECT pgqrs.list_runs(qty => 1000000)');

-- Stuck.
SELECT count(*) FROM pgqrs.stuck_runs();
SET pgqrs.clock_offset = '2 min';
SELECT run = :running AS running, workflow, why, since <= now() + interval '2 min' AS since, hint
FROM pgqrs.stuck_runs();
SELECT pgqrs.register_worker('look', 'w') IS NOT NULL AS registered;
SELECT count(*) FILTER (WHERE why = 'not_taken') AS not_taken FROM pgqrs.stuck_runs();
SELECT pgqrs.pause_queue('look');
SELECT why, count(*) FROM pgqrs.stuck_runs() GROUP BY why ORDER BY why;
SELECT pgqrs.resume_queue('look');
SELECT pgqrs.cancel_run(run) FROM pgqrs.list_runs(state => 'queued');
SELECT run FROM pgqrs.claim_runs('look') \gset
SELECT pgqrs.cancel_run(:run);
SET pgqrs.clock_offset = '5 min';
SELECT why FROM pgqrs.stuck_runs();
SELECT run FROM pgqrs.claim_runs('look');
SELECT count(*) FROM pgqrs.stuck_runs();
SELECT run FROM pgqrs.start_workflow('look', '1', deadline => now() + interval '6 min') \gset
SET pgqrs.clock_offset = '9 min';
SELECT why FROM pgqrs.stuck_runs();
SELECT pgqrs.cancel_run(:run);
RESET pgqrs.clock_offset;

-- Those that have failed, as the dead of their queue.
SELECT run FROM pgqrs.start_workflow('look', '"bad"', priority => 1, headers => '{"h": 1}') \gset
SELECT state FROM pgqrs.claim_runs('look') AS c, pgqrs.fail_run(c.run, c.read_ct, 'broken', retryable => false);
SELECT queue, origin, payload, headers, priority, read_ct, attempt, died_at >= enqueued_at AS later, error
FROM pgqrs.list_dead('look') WHERE id = :run;
SELECT pgqrs.redrive('look', ARRAY[:run, -1]), state FROM pgqrs.get_run(:run);
SELECT pgqrs.redrive('look', ARRAY[:run]), count(*) FROM pgqrs.list_dead('look');
SELECT pgqrs.redrive('look', qty => 5), pgqrs.redrive('look');
SELECT state, count(*) FROM pgqrs.list_runs() GROUP BY state ORDER BY state;
SELECT pg_temp.error_of('SELECT pgqrs.redrive(''look'', target => ''look'')');
SELECT pg_temp.error_of('SELECT pgqrs.discard(''look'', ''{1}'')');
SELECT name FROM pgqrs.create_queue('plain');
SELECT pg_temp.error_of('SELECT pgqrs.redrive(''plain'', target => ''look'')');
SELECT pgqrs.drop_queue('plain');

-- Waiting for the end.
SELECT run FROM pgqrs.start_workflow('look', '1') \gset
SELECT state FROM pgqrs.await_run(:run, '0');
SELECT state FROM pgqrs.await_run(:run, '20 ms');
CALL pgqrs.wait_run(:run, '20 ms');
SELECT pgqrs.cancel_run(:run);
SELECT state FROM pgqrs.await_run(:run);
CALL pgqrs.wait_run(:run, '1 min');
SELECT pg_temp.error_of('SELECT pgqrs.await_run(-1)');
SELECT pg_temp.error_of('SELECT pgqrs.await_run(NULL)');
SELECT pg_temp.masked(format('SELECT pgqrs.await_run(%s, ''-1 s'')', :run));
SELECT pg_temp.masked(format('SELECT pgqrs.await_run(%s, ''1 d'')', :run));
BEGIN ISOLATION LEVEL REPEATABLE READ;
SELECT pg_temp.masked(format('SELECT pgqrs.await_run(%s, ''1 s'')', :run));
SELECT state FROM pgqrs.await_run(:run, '0');
COMMIT;
\set VERBOSITY sqlstate
BEGIN;
CALL pgqrs.wait_run(:run, '1 s');
ROLLBACK;
CALL pgqrs.wait_run(-1, '1 s');
CALL pgqrs.wait_run(:run, '-1 s');
CALL pgqrs.wait_run(NULL, '1 s');
CALL pgqrs.wait_run(:run, NULL);
-- The last run of a chain counts.
SELECT run AS next FROM pgqrs.start_workflow('look', '2') \gset
UPDATE pgqrs.runs SET continued_as = :next WHERE id = :run;
SELECT run = :next AS next, state FROM pgqrs.await_run(:run, '0');
SELECT pgqrs.cancel_run(:next);
SELECT run = :next AS next, state FROM pgqrs.await_run(:run);
-- A sleep is over when its time has come, but not after the end of its run.
SELECT run AS slept FROM pgqrs.start_workflow('look', '3', priority => 0) \gset
SELECT status FROM pgqrs.claim_runs('look') AS c, LATERAL pgqrs.sleep(c.run, c.read_ct, 'nap', '1 h') WHERE c.run = :slept;
SELECT name, status, recorded_at FROM pgqrs.list_steps(:slept);
UPDATE pgqrs.steps SET started_at = started_at - interval '2 h', until = until - interval '2 h' WHERE run_id = :slept;
SELECT name, status, recorded_at = until AS ended FROM pgqrs.list_steps(:slept);
SELECT name, status, ended_at - started_at > '59 min' AS whole FROM pgqrs.run_timeline(:slept) WHERE kind = 'sleep';
SELECT pgqrs.cancel_run(:slept);
UPDATE pgqrs.runs SET finished_at = finished_at - interval '90 min' WHERE id = :slept;
SELECT name, status, recorded_at FROM pgqrs.list_steps(:slept);
SELECT name, status, ended_at FROM pgqrs.run_timeline(:slept) WHERE kind = 'sleep';
SELECT pgqrs.drop_workflow('other', true), pgqrs.drop_workflow('look', true);
