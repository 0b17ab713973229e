-- Runs under the hands of others than their worker: cancel, pause, resume, retry, fork, decide, purge.
\getenv tests PG_ABS_SRCDIR
\set errors :tests /sql/include/errors.sql
\i :errors
CREATE FUNCTION pg_temp.masked(command text) RETURNS text LANGUAGE sql AS
    $$SELECT regexp_replace(pg_temp.error_of(command), 'run \d+', 'run N', 'g')$$;
CREATE FUNCTION pg_temp.state(run bigint) RETURNS text LANGUAGE sql AS
    'SELECT concat_ws('' '', state, reason, error) FROM pgqrs.get_run(run)';
CREATE FUNCTION pg_temp.start(input jsonb DEFAULT 'null', delay interval DEFAULT '0') RETURNS bigint LANGUAGE sql AS
    'SELECT run FROM pgqrs.start_workflow(''control'', input, delay => delay)';
SELECT name FROM pgqrs.create_workflow('control', max_attempts => 1, run_timeout => '1 d');

-- Cancel: one that waits ends at once, one that a worker has when its delivery ends, whatever ends it.
SELECT pg_temp.start() AS run \gset
SELECT pgqrs.cancel_run(:run, 'not needed'), pg_temp.state(:run);
SELECT pgqrs.cancel_run(:run), count(*) FROM pgqrs.messages;
SELECT pg_temp.start() AS done, pg_temp.start() AS failed, pg_temp.start() AS released, pg_temp.start() AS crashed \gset
SELECT count(*) FROM pgqrs.claim_runs('control', 4);
SELECT pgqrs.cancel_run(r, 'stop'), pgqrs.cancel_run(r) FROM unnest(ARRAY[:done, :failed, :released, :crashed]) AS r;
SELECT state, cancel_requested FROM pgqrs.get_run(:done);
SELECT pg_temp.masked(format('SELECT pgqrs.complete_step(%s, 1, ''s'')', :done));
SELECT pgqrs.complete_run(:done, 1, '"output"');
SELECT state FROM pgqrs.fail_run(:failed, 1, 'e');
SELECT pgqrs.release_run(:released, 1);
SELECT pg_temp.state(:done), pg_temp.state(:failed), pg_temp.state(:released), pg_temp.state(:crashed);
SET pgqrs.clock_offset = '1 min';
SELECT pg_temp.state(:crashed), count(*) FROM pgqrs.claim_runs('control');
SELECT pg_temp.state(:crashed), output IS NULL AS no_output FROM pgqrs.get_run(:done);
RESET pgqrs.clock_offset;
SELECT count(*) FROM pgqrs.run_requests;
-- One whose message was removed by hand.
SELECT pg_temp.start() AS run \gset
DELETE FROM pgqrs.messages WHERE id = :run;
SELECT why FROM pgqrs.stuck_runs();
SELECT pgqrs.cancel_run(:run), pg_temp.state(:run);
SELECT pg_temp.error_of('SELECT pgqrs.cancel_run(-1)');
SELECT pg_temp.error_of('SELECT pgqrs.cancel_run(NULL)');

-- Pause and resume.
SELECT pg_temp.start() AS run \gset
SELECT pgqrs.pause_run(:run, 'holiday'), pg_temp.state(:run);
SELECT pgqrs.pause_run(:run), reason, requested_by = current_user AS by_me FROM pgqrs.run_requests;
SELECT count(*) FROM pgqrs.claim_runs('control');
SELECT pgqrs.resume_run(:run), pg_temp.state(:run), pgqrs.resume_run(:run);
SELECT run = :run AS it, read_ct, attempt, reason FROM pgqrs.claim_runs('control');
SELECT pgqrs.pause_run(:run), pg_temp.state(:run);
SELECT recorded FROM pgqrs.complete_step(:run, 1, 's', '1');
SELECT pgqrs.release_run(:run, 1), pg_temp.state(:run);
SELECT count(*) FROM pgqrs.claim_runs('control');
SELECT pgqrs.resume_run(:run), pg_temp.state(:run);
SELECT run = :run AS it, read_ct FROM pgqrs.claim_runs('control');
SELECT pgqrs.pause_run(:run), pgqrs.resume_run(:run), pg_temp.state(:run);
-- A worker died after somebody had asked for the pause.
SELECT pgqrs.pause_run(:run);
SET pgqrs.clock_offset = '1 min';
SELECT count(*) FROM pgqrs.claim_runs('control');
RESET pgqrs.clock_offset;
SELECT pg_temp.state(:run), pgqrs.cancel_run(:run), pgqrs.pause_run(:run), pgqrs.resume_run(:run);
-- The delay of a start lasts on.
SELECT pg_temp.start(delay => '1 h') AS run \gset
SELECT pgqrs.pause_run(:run), pgqrs.resume_run(:run), pg_temp.state(:run);
SELECT count(*) FROM pgqrs.claim_runs('control');
SELECT pgqrs.cancel_run(:run);
-- One that no worker knew.
SELECT pg_temp.start() AS run \gset
SELECT pgqrs.release_run(run, read_ct, reason => 'no_handler') FROM pgqrs.claim_runs('control');
SELECT pg_temp.state(:run), pgqrs.resume_run(:run), pg_temp.state(:run);
SELECT run = :run AS it, reason FROM pgqrs.claim_runs('control');
SELECT pgqrs.complete_run(:run, 2);
SELECT pgqrs.pause_run(:run), pgqrs.resume_run(:run);
SELECT pg_temp.error_of('SELECT pgqrs.pause_run(-1)');
SELECT pg_temp.error_of('SELECT pgqrs.pause_run(NULL)');
SELECT pg_temp.error_of('SELECT pgqrs.resume_run(-1)');
SELECT pg_temp.error_of('SELECT pgqrs.resume_run(NULL)');

-- Retry: the step that failed is executed again, the one that was dealt with is not.
SELECT run
FROM pgqrs.start_workflow('control', '"in"', 'key', key_scope => 'forever', priority => 3, headers => '{"h": 1}') \gset
SELECT read_ct FROM pgqrs.claim_runs('control') \gset
SELECT retry FROM pgqrs.fail_step(:run, :read_ct, 'dealt with', 'e', retryable => false);
SELECT recorded FROM pgqrs.complete_step(:run, :read_ct, 'compensate', '1');
SELECT retry FROM pgqrs.fail_step(:run, :read_ct, 'last', 'e', retryable => false);
SELECT pgqrs.retry_run(:run) AS of_a_running_one;
SELECT state FROM pgqrs.fail_run(:run, :read_ct, 'over');
SELECT pgqrs.retry_run(:run), pg_temp.state(:run);
SELECT name, status FROM pgqrs.list_steps(:run);
SELECT priority, deadline > now() AS has_deadline FROM pgqrs.get_run(:run) JOIN pgqrs.messages ON id = run;
SELECT read_ct, attempt, input, headers FROM pgqrs.claim_runs('control');
SELECT pg_temp.masked(format('SELECT pgqrs.complete_run(%s, 1)', :run));
SELECT recorded FROM pgqrs.complete_step(:run, 2, 'last', '2');
SELECT recorded FROM pgqrs.complete_step(:run, 2, 'more', '2', 1);
SELECT pgqrs.cancel_run(:run), pgqrs.release_run(:run, 2);
SELECT pg_temp.masked(format('SELECT pgqrs.retry_run(%s, ''none'')', :run));
SELECT pg_temp.masked(format('SELECT pgqrs.retry_run(%s, ''last'', -1)', :run));
SELECT pg_temp.masked(format('SELECT pgqrs.retry_run(%s, '''')', :run));
SELECT pgqrs.retry_run(:run, 'last');
SELECT name, status FROM pgqrs.list_steps(:run);
SELECT run = :run AS it, created, state FROM pgqrs.start_workflow('control', '"in"', 'key');
SELECT pgqrs.complete_run(run, read_ct, '3') FROM pgqrs.claim_runs('control');
SELECT pg_temp.masked(format('SELECT pgqrs.retry_run(%s)', :run));
SELECT pg_temp.error_of('SELECT pgqrs.retry_run(-1)');
SELECT pg_temp.error_of('SELECT pgqrs.retry_run(NULL)');
-- One that has timed out gets its time again.
SELECT pg_temp.start() AS late \gset
SET pgqrs.clock_offset = '2 d';
SELECT count(*) FROM pgqrs.claim_runs('control');
SELECT pg_temp.state(:late), pgqrs.retry_run(:late);
SELECT run = :late AS it FROM pgqrs.claim_runs('control');
SELECT pgqrs.cancel_run(:late), pgqrs.release_run(:late, 1);
RESET pgqrs.clock_offset;

-- The key of another run by now, and one that is free again.
SELECT run AS first FROM pgqrs.start_workflow('control', '1', 'shared') \gset
SELECT pgqrs.cancel_run(:first);
SELECT run AS second, created FROM pgqrs.start_workflow('control', '2', 'shared') \gset
SELECT regexp_replace(pg_temp.masked(format('SELECT pgqrs.retry_run(%s)', :first)), ':', '');
SELECT pgqrs.cancel_run(:second);
SELECT pgqrs.retry_run(:first);
SELECT run = :first AS it, created FROM pgqrs.start_workflow('control', '1', 'shared');
SELECT pgqrs.cancel_run(:first);

-- Fork: of one that has ended, and of one that runs.
SELECT pgqrs.fork_run(:run) AS copy \gset
SELECT workflow, state, read_ct, idempotency_key, headers, input FROM pgqrs.get_run(:copy);
SELECT name, status, read_ct FROM pgqrs.list_steps(:copy);
SELECT run = :copy AS it, read_ct, steps_complete, jsonb_array_length(steps) AS steps FROM pgqrs.claim_runs('control');
SELECT recorded FROM pgqrs.complete_step(:copy, 1, 'b', '"b"');
SELECT status FROM pgqrs.begin_step(:copy, 1, 'open', at_most_once => true);
SELECT pgqrs.fork_run(:copy, 'b') AS second \gset
SELECT pgqrs.fork_run(:copy) AS third \gset
SELECT name FROM pgqrs.list_steps(:second);
SELECT name FROM pgqrs.list_steps(:third);
SELECT pg_temp.masked(format('SELECT pgqrs.fork_run(%s, ''none'')', :run));
SELECT pg_temp.masked(format('SELECT pgqrs.fork_run(%s, ''b'', -1)', :run));
SELECT pg_temp.error_of('SELECT pgqrs.fork_run(-1)');
SELECT pg_temp.error_of('SELECT pgqrs.fork_run(NULL)');
SELECT pgqrs.cancel_run(:second), pgqrs.cancel_run(:third);

-- Decide: not while somebody executes it, and once.
SELECT pg_temp.masked(format('SELECT pgqrs.decide_step(%s, ''open'')', :copy));
SELECT pgqrs.release_run(:copy, 1);
SELECT name, status FROM pgqrs.list_steps(:copy) WHERE name = 'open';
SELECT why, hint FROM pgqrs.stuck_runs();
SELECT pg_temp.masked(format('SELECT pgqrs.decide_step(%s, ''open'', output => ''1'', error => ''e'')', :copy));
SELECT pgqrs.decide_step(:copy, 'open', output => '"decided"');
SELECT pg_temp.masked(format('SELECT pgqrs.decide_step(%s, ''open'')', :copy));
SELECT read_ct FROM pgqrs.claim_runs('control');
SELECT status, output FROM pgqrs.begin_step(:copy, 2, 'open', at_most_once => true);
SELECT status FROM pgqrs.begin_step(:copy, 2, 'open', 1, at_most_once => true);
SELECT pgqrs.release_run(:copy, 2);
SELECT pgqrs.decide_step(:copy, 'open', 1, error => 'broken');
SELECT name, seq, status, output, error FROM pgqrs.list_steps(:copy) WHERE name = 'open';
SELECT pg_temp.masked(format('SELECT pgqrs.decide_step(%s, ''none'')', :copy));
SELECT pg_temp.masked(format('SELECT pgqrs.decide_step(%s, NULL)', :copy));
SELECT pg_temp.masked(format('SELECT pgqrs.decide_step(%s, ''open'', -1)', :copy));
SELECT pg_temp.error_of('SELECT pgqrs.decide_step(-1, ''open'')');
SELECT pgqrs.cancel_run(:copy);

-- Purge: not by time, not what has a key that counts, not active ones.
SELECT pgqrs.purge_runs('control', '1 h');
SELECT pgqrs.purge_runs('control', qty => 2);
SELECT pg_temp.start() AS active \gset
SELECT pgqrs.purge_runs('control') > 5 AS purged;
SELECT run = :active AS active, run = :run AS has_key FROM pgqrs.list_runs();
SELECT run FROM pgqrs.start_workflow('control', '1', 'while', key_scope => 'period', key_period => '1 h') \gset
SELECT pgqrs.cancel_run(:run), pgqrs.purge_runs('control');
SET pgqrs.clock_offset = '2 h';
SELECT pgqrs.purge_runs('control');
RESET pgqrs.clock_offset;
SELECT count(*) FROM pgqrs.keys;
SELECT pgqrs.cancel_run(:active);
SELECT count(*) FROM pgqrs.steps WHERE run_id NOT IN (SELECT id FROM pgqrs.runs);
SELECT pg_temp.error_of('SELECT pgqrs.purge_runs(NULL)');
SELECT pg_temp.error_of('SELECT pgqrs.purge_runs(''none'')');
SELECT pg_temp.error_of('SELECT pgqrs.purge_runs(''control'', ''-1 s'')');
SELECT pg_temp.error_of('SELECT pgqrs.purge_runs(''control'', qty => 0)');
-- Children stay until their parent has ended.
SELECT pgqrs.purge_runs('control') >= 0 AS purged;
SELECT pg_temp.start() AS run \gset
INSERT INTO pgqrs.runs (id, workflow_id, queue_id, parent_id, final, created_at, finished_at, input)
SELECT -2, workflow_id, queue_id, id, 'succeeded', now(), now(), '1' FROM pgqrs.runs WHERE id = :run;
SELECT pgqrs.purge_runs('control');
SELECT pgqrs.cancel_run(:run);
SELECT pgqrs.purge_runs('control');
-- What cancels the children of a run is not removed before it is done.
SELECT pg_temp.start() AS run \gset
INSERT INTO pgqrs.runs (id, workflow_id, queue_id, parent_id, created_at, input)
SELECT -1, workflow_id, queue_id, id, now(), '1' FROM pgqrs.runs WHERE id = :run;
SELECT pgqrs.cancel_run(:run);
SELECT kind FROM pgqrs.run_requests;
SELECT pgqrs.purge_runs('control');
DELETE FROM pgqrs.run_requests;
SELECT pgqrs.purge_runs('control');
-- cascade => false: nobody cancels them, now or later.
SELECT pg_temp.start() AS run \gset
UPDATE pgqrs.runs SET parent_id = :run, cancel_with_parent = true WHERE id = -1;
SELECT pgqrs.cancel_run(:run, cascade => false);
SELECT cancel_with_parent FROM pgqrs.runs WHERE id = -1;
SELECT count(*) FROM pgqrs.run_requests;
SELECT pgqrs.cancel_run(-1);
SELECT pgqrs.drop_workflow('control', true) >= 0 AS dropped;
