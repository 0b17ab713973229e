-- Starting a workflow adds a run in the caller's transaction; an idempotency key makes a second start find the first one.
\getenv tests PG_ABS_SRCDIR
\set errors :tests /sql/include/errors.sql
\i :errors
SELECT name FROM pgqrs.create_workflow('start');
BEGIN;
SELECT created, state FROM pgqrs.start_workflow('start', '{"rolled": "back"}');
ROLLBACK;
SELECT count(*) FROM pgqrs.runs;
SELECT run AS a, created, state FROM pgqrs.start_workflow('start', '{"n": 1}', headers => '{"h": 1}', version => 'v1', priority => 7) \gset first_
SELECT run AS b FROM pgqrs.start_workflow('start', delay => '1 h') \gset
SELECT payload, headers, priority, available_at > now() + '59 min' AS later FROM pgqrs.list_messages('start');
SELECT input, version, final, parent_id FROM pgqrs.runs ORDER BY id;
SELECT workflow, version, read_ct, attempt, input, headers, steps, steps_complete, reason FROM pgqrs.claim_runs('start', qty => 5);
SELECT pending, in_flight, delayed FROM pgqrs.queue_metrics('start', exact => true);
-- Many at once, in order.
SELECT id - min(id) OVER () AS nth FROM pgqrs.start_workflows('start', '{1,2,3}') AS id;
SELECT count(*) FROM pgqrs.start_workflows('start', '{}');
SELECT input FROM pgqrs.claim_runs('start', qty => 5);

-- Keys: the same input finds the run, another one is an error.
SELECT created, state FROM pgqrs.start_workflow('start', '{"k": 1}', idempotency_key => 'active');
SELECT created, state FROM pgqrs.start_workflow('start', '{"k": 1}', idempotency_key => 'active');
SELECT pg_temp.error_of($$SELECT pgqrs.start_workflow('start', '{"k": 2}', idempotency_key => 'active')$$) ~ '^PQ021 ' AS mismatch;
SELECT pg_temp.error_of($$SELECT pgqrs.start_workflow('start', '{"k": 1}', idempotency_key => 'active', on_conflict => 'error')$$) ~ '^PQ013 ' AS raised;
SELECT created FROM pgqrs.start_workflow('start', '{"k": 1}', idempotency_key => 'forever', key_scope => 'forever');
SELECT created FROM pgqrs.start_workflow('start', '{"k": 1}', idempotency_key => 'period', key_scope => 'period', key_period => '1 h');
-- Another workflow has keys of its own, also in the same queue.
SELECT name FROM pgqrs.create_workflow('start.other', queue => 'start');
SELECT created FROM pgqrs.start_workflow('start.other', '{"k": 9}', idempotency_key => 'active');
-- When the runs have ended, the scope decides.
SELECT count(pgqrs.complete_run(run, read_ct)) FROM pgqrs.claim_runs('start', qty => 10);
SELECT key, created, state
FROM unnest('{active,forever,period}'::text[]) AS key, LATERAL pgqrs.start_workflow('start', '{"k": 1}', idempotency_key => key);
SET pgqrs.clock_offset = '2 h';
SELECT created FROM pgqrs.start_workflow('start', '{"k": 2}', idempotency_key => 'period', key_scope => 'period', key_period => '1 h');
SELECT created FROM pgqrs.start_workflow('start', '{"k": 1}', idempotency_key => 'forever');
RESET pgqrs.clock_offset;
-- retry_failed.
SELECT run AS f FROM pgqrs.start_workflow('start', '{"k": 3}', idempotency_key => 'retry', key_scope => 'forever', priority => 0) \gset
SELECT state FROM pgqrs.claim_runs('start') AS c, LATERAL pgqrs.fail_run(c.run, c.read_ct, 'no', retryable => false);
SELECT created, state FROM pgqrs.start_workflow('start', '{"k": 3}', idempotency_key => 'retry');
SELECT run = :f AS same, created, state FROM pgqrs.start_workflow('start', '{"k": 3}', idempotency_key => 'retry', on_conflict => 'retry_failed');
SELECT run = :f AS same, read_ct, attempt, reason FROM pgqrs.claim_runs('start', qty => 10) WHERE run = :f;

-- A deadline, of the run or of its workflow.
SELECT run AS d FROM pgqrs.start_workflow('start', deadline => now() + '1 min', priority => 0) \gset
SELECT run_timeout FROM pgqrs.alter_workflow('start', run_timeout => '5 min');
SELECT run AS e FROM pgqrs.start_workflow('start', priority => 0) \gset
SELECT expires_at - enqueued_at BETWEEN '4 min 59 s' AND '5 min 1 s' AS of_workflow FROM pgqrs.messages WHERE id = :e;
SET pgqrs.clock_offset = '2 min';
SELECT count(*) FROM pgqrs.claim_runs('start', qty => 50) WHERE run = :d;
SELECT final, error FROM pgqrs.runs WHERE id = :d;
RESET pgqrs.clock_offset;

\set VERBOSITY sqlstate
SELECT pgqrs.start_workflow(NULL);
SELECT pgqrs.start_workflow('start.none');
SELECT pgqrs.start_workflow('start', repeat('x', 2 * 1024 * 1024)::text::jsonb);
SELECT pgqrs.start_workflow('start', to_jsonb(repeat('x', 2 * 1024 * 1024)));
SELECT pgqrs.start_workflow('start', headers => '[]');
SELECT pgqrs.start_workflow('start', priority => -1);
SELECT pgqrs.start_workflow('start', delay => '-1 s');
SELECT pgqrs.start_workflow('start', deadline => 'yesterday');
SELECT pgqrs.start_workflow('start', deadline => 'infinity');
SELECT pgqrs.start_workflow('start', idempotency_key => '');
SELECT pgqrs.start_workflow('start', idempotency_key => repeat('k', 256));
SELECT pgqrs.start_workflow('start', idempotency_key => 'k', key_scope => 'never');
SELECT pgqrs.start_workflow('start', idempotency_key => 'k', key_scope => 'period');
SELECT pgqrs.start_workflow('start', idempotency_key => 'k', key_period => '1 s');
SELECT pgqrs.start_workflow('start', idempotency_key => 'k', key_scope => 'period', key_period => '-1 s');
SELECT pgqrs.start_workflow('start', on_conflict => 'x');
SELECT pgqrs.start_workflow('start', version => repeat('v', 256));
SELECT pgqrs.start_workflows('start', NULL);
SELECT pgqrs.start_workflows('start', '{1,NULL}');
\set VERBOSITY default
SELECT pgqrs.drop_workflow('start', force => true) > 0, pgqrs.drop_workflow('start.other', force => true) AS others;
SELECT pgqrs.drop_queue('start') AS dropped;
