-- The end of a run reaches its children in batches, and theirs. Children that a worker has are asked to end.
\getenv tests PG_ABS_SRCDIR
\set errors :tests /sql/include/errors.sql
\i :errors
SELECT name FROM pgqrs.create_workflow('root', queue => 'tree', max_attempts => 1);
SELECT name FROM pgqrs.create_workflow('leaf', queue => 'tree', max_attempts => 1);
SELECT run AS root FROM pgqrs.start_workflow('root') \gset
SELECT read_ct FROM pgqrs.claim_runs('tree');
SELECT child AS middle FROM pgqrs.start_child(:root, 1, 'middle', 'leaf', '"middle"', priority => 0) \gset
SELECT run = :middle AS claimed FROM pgqrs.claim_runs('tree');
SELECT count(*) FROM pgqrs.start_children(:middle, 1, 'leaves', 'leaf', ARRAY(SELECT to_jsonb(i)
    FROM generate_series(1, 450) AS i));
SELECT count(*) FROM pgqrs.start_children(:root, 1, 'kept', 'leaf', '{"\"kept\""}', on_parent_end => 'abandon');
SELECT state FROM pgqrs.fail_run(:root, 1, 'broken', retryable => false);
SELECT run_id = :root AS of_root, kind, reason FROM pgqrs.run_requests;
CALL pgqrs.maintain() \g /dev/null
-- It has been asked.
SELECT run_id = :middle AS of_middle, kind FROM pgqrs.run_requests;
SELECT pg_temp.error_of(format($$SELECT pgqrs.complete_step(%s, 1, 'next', '1')$$, :middle)) ~ '^PQ022' AS asked;
SELECT pgqrs.complete_run(:middle, 1);
SELECT count(*) FROM pgqrs.runs WHERE final IS NULL;
CALL pgqrs.maintain() \g /dev/null
SELECT final, count(*) FROM pgqrs.runs GROUP BY 1 ORDER BY 1;
SELECT count(*) FROM pgqrs.run_requests;
SELECT count(*) FROM pgqrs.messages;
SELECT duty, last_done FROM pgqrs.maintenance WHERE duty = 'cascade';

-- Wakes of a queue from which nobody claims.
SELECT run AS root FROM pgqrs.start_workflow('root', priority => 0) \gset
SELECT run = :root AS claimed FROM pgqrs.claim_runs('tree');
SELECT child FROM pgqrs.start_child(:root, 1, 'one', 'leaf', priority => 0) \gset
SELECT run = :child AS claimed FROM pgqrs.claim_runs('tree');
SELECT status FROM pgqrs.wait_runs(:root, 1, 'join', ARRAY[:child]);
SELECT pgqrs.complete_run(:child, 1, '1');
SELECT count(*) FROM pgqrs.wakes;
CALL pgqrs.maintain() \g /dev/null
SELECT count(*) FROM pgqrs.wakes;
SELECT priority, waiting_for FROM pgqrs.messages WHERE id = :root;
SELECT duty, last_done FROM pgqrs.maintenance WHERE duty = 'wakes';

-- A run that was opened again keeps its children.
SELECT read_ct FROM pgqrs.claim_runs('tree');
SELECT child FROM pgqrs.start_child(:root, 2, 'two', 'leaf') \gset
SELECT state FROM pgqrs.fail_run(:root, 2, 'broken', retryable => false);
UPDATE pgqrs.runs SET final = NULL, finished_at = NULL WHERE id = :root;
CALL pgqrs.maintain() \g /dev/null
SELECT final FROM pgqrs.runs WHERE id = :child;
SELECT count(*) FROM pgqrs.run_requests;
SELECT pgqrs.drop_workflow('leaf', true) AS active;
SELECT pgqrs.drop_workflow('root', true) AS active;
SELECT pgqrs.drop_queue('tree', true);
