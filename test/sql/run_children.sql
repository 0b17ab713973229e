-- Children of a run: started once by a step, joined by their parent, which learns what became of each.
\getenv tests PG_ABS_SRCDIR
\set errors :tests /sql/include/errors.sql
\i :errors
SELECT name FROM pgqrs.create_workflow('parent', queue => 'family', max_attempts => 1);
SELECT name FROM pgqrs.create_workflow('child', queue => 'family', max_attempts => 1);
CREATE FUNCTION pg_temp.refusal(command text) RETURNS text
    LANGUAGE sql
    AS $$ SELECT regexp_replace(pg_temp.error_of(command), 'run \d+', 'run N', 'g') $$;
-- The state of the runs of a workflow, in order.
CREATE FUNCTION pg_temp.states(flow text) RETURNS TABLE (input jsonb, final pgqrs.run_state, error text)
    LANGUAGE sql
    AS $$
    SELECT r.input, r.final, r.error FROM pgqrs.runs AS r JOIN pgqrs.workflows AS w ON w.id = r.workflow_id
    WHERE w.name = flow ORDER BY r.id $$;
-- The value of a wait without the ids.
CREATE FUNCTION pg_temp.without_ids(value jsonb) RETURNS jsonb
    LANGUAGE sql
    AS $$
    SELECT jsonb_agg(e - 'run' - 'continued_as' ORDER BY place)
    FROM jsonb_array_elements(value) WITH ORDINALITY AS k (e, place) $$;

-- A step starts one child, however often it is repeated.
SELECT run AS parent FROM pgqrs.start_workflow('parent') \gset
SELECT read_ct FROM pgqrs.claim_runs('family');
SELECT child AS first, created FROM pgqrs.start_child(:parent, 1, 'child', 'child', '"first"') \gset
SELECT :'created' AS created;
SELECT child = :first AS same, created FROM pgqrs.start_child(:parent, 1, 'child', 'child', '"other"');
SELECT child <> :first AS another, created FROM pgqrs.start_child(:parent, 1, 'child', 'child', '"second"', seq => 1);
SELECT parent_id = :parent AS is_child, cancel_with_parent, input FROM pgqrs.runs
    WHERE parent_id IS NOT NULL ORDER BY id;
SELECT status, output, error FROM pgqrs.get_step(:parent, 'child');
-- A rollback takes both.
BEGIN;
SELECT created FROM pgqrs.start_child(:parent, 1, 'undone', 'child');
ROLLBACK;
SELECT count(*) FROM pgqrs.get_step(:parent, 'undone');
SELECT count(*) FROM pgqrs.runs WHERE parent_id = :parent;

-- Several by one step.
SELECT array_agg(c ORDER BY c) AS some FROM pgqrs.start_children(:parent, 1, 'some', 'child', ARRAY['1',
    '2']::jsonb[]) AS c \gset
SELECT array_agg(c ORDER BY c) = :'some' AS same FROM pgqrs.start_children(:parent, 1, 'some', 'child',
    ARRAY['3']::jsonb[]) AS c;
SELECT output = to_jsonb(:'some'::bigint[]) AS recorded FROM pgqrs.get_step(:parent, 'some');
SELECT count(*) FROM pgqrs.start_children(:parent, 1, 'none', 'child', '{}');
SELECT output FROM pgqrs.get_step(:parent, 'none');
SELECT input FROM pgqrs.runs WHERE parent_id = :parent ORDER BY id;

-- What cannot be.
SELECT pg_temp.refusal(format($$SELECT pgqrs.start_child(%s, 1, 'some', 'child')$$, :parent)) AS mismatch;
SELECT pg_temp.refusal(format($$SELECT pgqrs.start_child(%s, 1, 'child', 'parent')$$, :parent)) AS mismatch;
SELECT pg_temp.refusal(format($$SELECT pgqrs.complete_step(%s, 1, 'child', '1')$$, :parent));
SELECT pg_temp.refusal(format($$SELECT pgqrs.start_child(%s, 1, 'x', 'nobody')$$, :parent));
SELECT pg_temp.refusal(format($$SELECT pgqrs.start_child(%s, 1, 'x', 'no name')$$, :parent));
SELECT pg_temp.refusal(format($$SELECT pgqrs.start_child(%s, 2, 'x', 'child')$$, :parent)) ~ 'PQ001' AS lost;
SELECT pg_temp.refusal($$SELECT pgqrs.start_child(-1, 1, 'x', 'child')$$);
SELECT pg_temp.refusal(format($$SELECT pgqrs.start_child(%s, NULL, 'x', 'child')$$, :parent));
SELECT pg_temp.refusal(format($$SELECT pgqrs.start_child(%s, 1, '', 'child')$$, :parent));
SELECT pg_temp.refusal(format($$SELECT pgqrs.start_child(%s, 1, 'x', 'child', seq => -1)$$, :parent));
SELECT pg_temp.refusal(format($$SELECT pgqrs.start_child(%s, 1, 'x', 'child', on_parent_end => 'kill')$$, :parent));
SELECT pg_temp.refusal(format($$SELECT pgqrs.start_child(%s, 1, 'x', 'child', priority => 10)$$,
    :parent)) ~ '^PQ010' AS bad;
SELECT pg_temp.refusal(format($$SELECT pgqrs.start_child(%s, 1, 'x', 'child', NULL)$$, :parent));
SELECT pg_temp.refusal(format($$SELECT pgqrs.start_children(%s, 1, 'x', 'child', ARRAY['1', NULL]::jsonb[])$$,
    :parent));
SET pgqrs.max_batch_size = 2;
SELECT pg_temp.refusal(format($$SELECT pgqrs.start_children(%s, 1, 'x', 'child', '{1,2,3}')$$, :parent));
RESET pgqrs.max_batch_size;
SELECT count(*) FROM pgqrs.get_step(:parent, 'x');

-- The parent waits for all, in the same queue, with one worker.
SELECT array_agg(id ORDER BY id) AS children FROM pgqrs.runs WHERE parent_id = :parent \gset
SELECT * FROM pgqrs.wait_runs(:parent, 1, 'join', :'children');
SELECT waiting_for, priority, vt FROM pgqrs.messages WHERE id = :parent;
SELECT state FROM pgqrs.start_workflow('parent', '"later"', idempotency_key => 'later') \gset
SELECT workflow, input FROM pgqrs.claim_runs('family');
SELECT pgqrs.complete_run(:first, 1, '{"a": null}');
SELECT workflow, input FROM pgqrs.claim_runs('family');
SELECT pgqrs.complete_run(id, 1) FROM pgqrs.runs WHERE input = '"second"';
SELECT workflow, input, run AS one FROM pgqrs.claim_runs('family') \gset
SELECT state FROM pgqrs.fail_run(:one, 1, 'broken', retryable => false);
SELECT workflow, input, run AS two FROM pgqrs.claim_runs('family') \gset
SELECT pgqrs.complete_run(:two, 1, 'null');
SELECT workflow, input, read_ct, reason FROM pgqrs.claim_runs('family', 2) ORDER BY read_ct DESC;
SELECT status, pg_temp.without_ids(value) AS value FROM pgqrs.wait_runs(:parent, 2, 'join', :'children');
SELECT value @> jsonb_build_array(jsonb_build_object('run', :two)) AS named FROM pgqrs.wait_runs(:parent, 2, 'join',
    '{}');
SELECT count(*) FROM pgqrs.wakes;
-- Once they are gone, too, in whatever order they are asked for.
DELETE FROM pgqrs.runs WHERE id = :one;
SELECT status, pg_temp.without_ids(value) AS value FROM pgqrs.wait_runs(:parent, 2, 'gone', ARRAY[:two, :one, :two]);
SELECT status, value FROM pgqrs.wait_runs(:parent, 2, 'nothing', '{}');
SELECT pg_temp.refusal(format($$SELECT pgqrs.wait_runs(%s, 2, 'y', '{}', 'any')$$, :parent));
SELECT pg_temp.refusal(format($$SELECT pgqrs.wait_runs(%s, 2, 'y', '{1}', 'some')$$, :parent));
SELECT pg_temp.refusal(format($$SELECT pgqrs.wait_runs(%s, 2, 'y', '{-5}')$$,
    :parent)) ~ '^PQ010 run -5 is not a child' AS stranger;
SELECT pg_temp.refusal(format($$SELECT pgqrs.wait_runs(%s, 2, 'y', '{%1$s}')$$,
    :parent)) ~ '^PQ010 .*cannot wait for itself' AS itself;
SELECT pg_temp.refusal(format($$SELECT pgqrs.wait_runs(%s, 2, 'y', '{%s}')$$, :parent,
    (SELECT max(id) FROM pgqrs.runs WHERE input = '"later"'))) ~ '^PQ010 .*is not a child' AS not_a_child;
SELECT pg_temp.refusal(format($$SELECT pgqrs.wait_runs(%s, 2, 'y', ARRAY[NULL::bigint])$$, :parent));
SELECT pg_temp.refusal(format($$SELECT pgqrs.wait_runs(%s, 1, 'y', '{}')$$, :parent)) ~ '^PQ001' AS lost;
SELECT pg_temp.refusal(format($$SELECT pgqrs.wait_runs(%s, 2, 'child', '{}')$$, :parent)) ~ '^PQ018' AS mismatch;
SELECT count(*) FROM pgqrs.get_step(:parent, 'y');

-- Any of them.
SELECT array_agg(c ORDER BY c) AS many FROM pgqrs.start_children(:parent, 2, 'many', 'child', '{11,12,13}') AS c \gset
SELECT pgqrs.complete_run(run, read_ct, '"other"') FROM pgqrs.claim_runs('family', 1);
SELECT status, pg_temp.without_ids(value) AS value FROM pgqrs.wait_runs(:parent, 2, 'any', :'many', 'any');
SELECT (:'many'::bigint[])[2:3] AS rest \gset
SELECT status, value FROM pgqrs.wait_runs(:parent, 2, 'any', :'rest', 'any', seq => 1);
SELECT pgqrs.complete_run(run, read_ct, input) FROM pgqrs.claim_runs('family', 1);
SELECT run = :parent AS parent, read_ct, reason FROM pgqrs.claim_runs('family', 2) ORDER BY read_ct DESC;
SELECT status, pg_temp.without_ids(value) AS value FROM pgqrs.wait_runs(:parent, 3, 'any', :'rest', 'any', seq => 1);

-- A wait in vain has those that ended in time, and is recorded.
SELECT (:'many'::bigint[])[2:3] AS rest \gset
SELECT status, value FROM pgqrs.wait_runs(:parent, 3, 'late', :'rest', timeout => '1 h');
SET pgqrs.clock_offset = '2 h';
SELECT read_ct, reason FROM pgqrs.claim_runs('family', 9, vt => '1 h') WHERE run = :parent;
SELECT pgqrs.complete_run(id, 2, input) FROM pgqrs.runs WHERE input = '13';
SELECT status, pg_temp.without_ids(value) AS value FROM pgqrs.wait_runs(:parent, 4, 'late', :'rest',
    timeout => '1 h');
SELECT status, pg_temp.without_ids(value) AS value FROM pgqrs.wait_runs(:parent, 4, 'late', :'rest');

-- The parent ends. A child of it can no longer be started, and those that have not ended are cancelled.
SELECT created FROM pgqrs.start_child(:parent, 4, 'orphan', 'child', '"orphan"');
SELECT created FROM pgqrs.start_child(:parent, 4, 'abandoned', 'child', '"abandoned"', on_parent_end => 'abandon');
SELECT pgqrs.complete_run(:parent, 4);
SELECT pg_temp.refusal(format($$SELECT pgqrs.start_child(%s, 4, 'z', 'child')$$,
    :parent)) ~ '^PQ001 .* was lost \| The run has ended' AS ended;
SELECT kind FROM pgqrs.run_requests;
CALL pgqrs.maintain() \g /dev/null
SELECT count(*) FROM pgqrs.run_requests WHERE kind = 'cascade';
SELECT input, final, error ~ '^its parent, run \d+, has ended$' AS says_why FROM pg_temp.states('child')
    WHERE input IN ('"orphan"', '"abandoned"');
SELECT pgqrs.drop_workflow('child', true) AS active;
SELECT pgqrs.drop_workflow('parent', true) AS active;
SELECT pgqrs.drop_queue('family', true);
