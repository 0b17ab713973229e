-- A worker with grants alone: it starts children only where it may start runs, and may continue its run without that.
\getenv tests PG_ABS_SRCDIR
\set errors :tests /sql/include/errors.sql
\i :errors
CREATE ROLE regress_family;
SELECT name FROM pgqrs.create_workflow('worked');
SELECT name FROM pgqrs.create_workflow('given');
SELECT pgqrs.grant_queue('worked', 'regress_family', 'consume');
SELECT run FROM pgqrs.start_workflow('worked', '1') \gset
SET ROLE regress_family;
SELECT read_ct FROM pgqrs.claim_runs('worked');
SELECT pg_temp.error_of(format($$SELECT pgqrs.start_child(%s, 1, 'c', 'given')$$, :run));
SELECT pg_temp.error_of(format($$SELECT pgqrs.start_children(%s, 1, 'c', 'worked', '{1}')$$, :run));
RESET ROLE;
SELECT pgqrs.grant_queue('given', 'regress_family', 'produce');
SET ROLE regress_family;
SELECT child, created FROM pgqrs.start_child(:run, 1, 'c', 'given', '"c"') \gset
SELECT :'created' AS created;
SELECT pg_temp.error_of($$SELECT pgqrs.claim_runs('given')$$);
SELECT pgqrs.continue_as_new(:run, 1, '2') AS run \gset
SELECT read_ct, input FROM pgqrs.claim_runs('worked');
SELECT status FROM pgqrs.wait_runs(:run, 1, 'join', ARRAY[:child]);
RESET ROLE;
SELECT pgqrs.complete_run(run, read_ct, '"done"') FROM pgqrs.claim_runs('given');
SET ROLE regress_family;
SELECT read_ct, reason FROM pgqrs.claim_runs('worked');
SELECT status, value -> 0 -> 'output' AS output FROM pgqrs.wait_runs(:run, 2, 'join', ARRAY[:child]);
SELECT pgqrs.complete_run(:run, 2);
RESET ROLE;
-- Without a grant on the queue of the run.
SELECT pgqrs.revoke_queue('worked', 'regress_family', 'consume');
SELECT pgqrs.grant_queue('given', 'regress_family', 'consume');
SELECT run FROM pgqrs.start_workflow('worked', '1') \gset
SELECT read_ct FROM pgqrs.claim_runs('worked');
SET ROLE regress_family;
SELECT pg_temp.error_of(format($$SELECT pgqrs.start_child(%s, 1, 'c', 'given')$$, :run)) ~ '^42501' AS refused;
SELECT pg_temp.error_of(format($$SELECT pgqrs.wait_runs(%s, 1, 'c', '{}')$$, :run)) ~ '^42501' AS refused;
SELECT pg_temp.error_of(format($$SELECT pgqrs.continue_as_new(%s, 1, '1')$$, :run)) ~ '^42501' AS refused;
RESET ROLE;
SELECT pgqrs.drop_workflow('worked', true) AS active;
SELECT pgqrs.drop_workflow('given', true) AS active;
DROP OWNED BY regress_family;
DROP ROLE regress_family;
