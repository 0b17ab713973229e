-- A run goes on as a new one: for its key, its signals, its parent and its children the chain is one run.
\getenv tests PG_ABS_SRCDIR
\set errors :tests /sql/include/errors.sql
\i :errors
SELECT name FROM pgqrs.create_workflow('loop', queue => 'chain', max_attempts => 1);
SELECT name FROM pgqrs.create_workflow('owner', queue => 'chain', max_attempts => 1);

-- Key, version, headers, priority and deadline.
SELECT run AS one FROM pgqrs.start_workflow('loop', '1', idempotency_key => 'k', priority => 3, headers => '{"h": 1}',
    version => 'v7', deadline => '2100-01-01 00:00+00') \gset
SELECT read_ct FROM pgqrs.claim_runs('chain');
SELECT output FROM pgqrs.complete_step(:one, 1, 'step', '1');
SELECT pgqrs.signal_run(:one, 'go', '"used"'), pgqrs.signal_run(:one, 'go', '"left"'), pgqrs.signal_run(:one,
    'stop', '"too"');
SELECT status, value FROM pgqrs.wait_signal(:one, 1, 'wait', 'go');
SELECT pgqrs.continue_as_new(:one, 1, '2') AS two \gset
SELECT pg_temp.error_of(format($$SELECT pgqrs.complete_run(%s, 1)$$,
    :one)) ~ '^PQ001 .*The run has ended: succeeded' AS ended;
SELECT final, output, continued_as = :two AS goes_on, first_id FROM pgqrs.runs WHERE id = :one;
SELECT final, first_id = :one AS of_chain, key, version, input, parent_id FROM pgqrs.runs WHERE id = :two;
SELECT expires_at = '2100-01-01 00:00+00' AS deadline, priority FROM pgqrs.messages WHERE id = :two;
SELECT run = :two AS same, created, state FROM pgqrs.start_workflow('loop', '1', idempotency_key => 'k');
SELECT run = :two AS two, version, read_ct, input, headers, steps, reason FROM pgqrs.claim_runs('chain');
SELECT status, value FROM pgqrs.wait_signal(:two, 1, 'wait', 'go');
SELECT status, value FROM pgqrs.wait_signal(:two, 1, 'wait', 'stop', seq => 1);
SELECT pgqrs.continue_as_new(:two, 1, '3') AS three \gset
SELECT first_id = :one AS of_chain FROM pgqrs.runs WHERE id = :three;
SELECT pgqrs.complete_run(run, read_ct, '"end"') FROM pgqrs.claim_runs('chain');
SELECT run = :three AS same, created FROM pgqrs.start_workflow('loop', '4', idempotency_key => 'k');
SELECT pgqrs.complete_run(run, read_ct) FROM pgqrs.claim_runs('chain');

-- What cannot be.
SELECT run AS one FROM pgqrs.start_workflow('loop', '1') \gset
SELECT read_ct FROM pgqrs.claim_runs('chain');
SELECT pg_temp.error_of(format($$SELECT pgqrs.continue_as_new(%s, 1, NULL)$$, :one));
SELECT pg_temp.error_of(format($$SELECT pgqrs.continue_as_new(%s, NULL, '1')$$, :one));
SELECT pg_temp.error_of(format($$SELECT pgqrs.continue_as_new(%s, 2, '1')$$, :one)) ~ '^PQ001' AS lost;
SELECT pg_temp.error_of($$SELECT pgqrs.continue_as_new(-1, 1, '1')$$);
SELECT pgqrs.complete_run(:one, 1);
SELECT pg_temp.error_of(format($$SELECT pgqrs.continue_as_new(%s, 1, '1')$$, :one)) ~ '^PQ001' AS ended;

-- A time limit of the workflow counts anew.
SELECT run_timeout FROM pgqrs.alter_workflow('loop', run_timeout => '1 h');
SELECT run AS one FROM pgqrs.start_workflow('loop', '1') \gset
SELECT read_ct FROM pgqrs.claim_runs('chain', vt => '2 h');
SET pgqrs.clock_offset = '30 min';
SELECT pgqrs.continue_as_new(:one, 1, '2') AS two \gset
RESET pgqrs.clock_offset;
SELECT expires_at > clock_timestamp() + interval '80 min' AS anew FROM pgqrs.messages WHERE id = :two;
SET pgqrs.clock_offset = '30 min';
SELECT pgqrs.complete_run(run, read_ct) FROM pgqrs.claim_runs('chain');
RESET pgqrs.clock_offset;
SELECT run_timeout FROM pgqrs.alter_workflow('loop', run_timeout => '0');

-- A child that goes on is waited for until its chain ends, also by its first id.
SELECT run AS owner FROM pgqrs.start_workflow('owner') \gset
SELECT read_ct FROM pgqrs.claim_runs('chain');
SELECT array_agg(c ORDER BY c) AS children FROM pgqrs.start_children(:owner, 1, 'c', 'loop', '{1,2}') AS c \gset
SELECT status FROM pgqrs.wait_runs(:owner, 1, 'join', :'children');
SELECT run AS loop FROM pgqrs.claim_runs('chain') \gset
SELECT pgqrs.continue_as_new(:loop, 1, '10') AS loop \gset
SELECT parent_id = :owner AS is_child, cancel_with_parent FROM pgqrs.runs WHERE id = :loop;
SELECT input, pgqrs.complete_run(run, read_ct, input) FROM pgqrs.claim_runs('chain');
SELECT run AS loop FROM pgqrs.claim_runs('chain') \gset
SELECT pgqrs.continue_as_new(:loop, 1, '100') AS last \gset
SELECT workflow, input, pgqrs.complete_run(run, read_ct, input) FROM pgqrs.claim_runs('chain');
SELECT workflow, read_ct, reason FROM pgqrs.claim_runs('chain');
SELECT status, value = jsonb_build_array(
        jsonb_build_object('run', (:'children'::bigint[])[1], 'continued_as', :last, 'state', 'succeeded', 'output',
    100),
        jsonb_build_object('run', (:'children'::bigint[])[2], 'state', 'succeeded', 'output', 2)) AS value
    FROM pgqrs.wait_runs(:owner, 2, 'join', :'children');
-- Any of them, too.
SELECT child AS loop FROM pgqrs.start_child(:owner, 2, 'single', 'loop', '1') \gset
SELECT status FROM pgqrs.wait_runs(:owner, 2, 'any', ARRAY[:loop], 'any');
SELECT pgqrs.continue_as_new(run, read_ct, '2') > 0 AS continued FROM pgqrs.claim_runs('chain');
SELECT workflow, pgqrs.complete_run(run, read_ct, input) FROM pgqrs.claim_runs('chain');
SELECT workflow, read_ct, reason FROM pgqrs.claim_runs('chain');
SELECT status, value -> 0 ->> 'output' AS output FROM pgqrs.wait_runs(:owner, 3, 'any', ARRAY[:loop], 'any');

-- Children that have not ended follow their parent, and can be waited for by it, as those that have.
SELECT array_agg(c ORDER BY c) AS children FROM pgqrs.start_children(:owner, 3, 'd', 'loop', '{1,2}') AS c \gset
SELECT pgqrs.complete_run(run, read_ct, input) FROM pgqrs.claim_runs('chain');
SELECT pgqrs.continue_as_new(:owner, 3, to_jsonb(:'children'::bigint[])) AS owner \gset
SELECT count(*) FROM pgqrs.run_requests;
SELECT pgqrs.complete_run(run, read_ct, input) FROM pgqrs.claim_runs('chain');
SELECT workflow, read_ct FROM pgqrs.claim_runs('chain');
SELECT status, jsonb_path_query_array(value, '$[*].output') AS outputs FROM pgqrs.wait_runs(:owner, 1, 'join',
    :'children');

-- A cancellation that came first wins, a pause follows.
SELECT pgqrs.complete_run(:owner, 1);
SELECT run AS one FROM pgqrs.start_workflow('loop', '1') \gset
SELECT read_ct FROM pgqrs.claim_runs('chain');
INSERT INTO pgqrs.run_requests (run_id, kind, reason, requested_at) VALUES (:one, 'cancel', 'enough', now());
SELECT pgqrs.continue_as_new(:one, 1, '2');
SELECT final, error, continued_as FROM pgqrs.runs WHERE id = :one;
SELECT run AS one FROM pgqrs.start_workflow('loop', '1') \gset
SELECT read_ct FROM pgqrs.claim_runs('chain');
INSERT INTO pgqrs.run_requests (run_id, kind, requested_at) VALUES (:one, 'pause', now());
SELECT pgqrs.continue_as_new(:one, 1, '2') AS two \gset
SELECT waiting_for, priority, parked_priority FROM pgqrs.messages WHERE id = :two;
SELECT run_id = :two AS follows, kind FROM pgqrs.run_requests;
SELECT count(*) FROM pgqrs.claim_runs('chain');
SELECT pgqrs.drop_workflow('loop', true) AS active;
SELECT pgqrs.drop_workflow('owner', true) AS active;
SELECT pgqrs.drop_queue('chain', true);
