-- Maintenance removes runs that ended longer ago than the retention of their workflow, with all that belongs to them.
SELECT name FROM pgqrs.create_workflow('kept');
SELECT name, retention FROM pgqrs.create_workflow('brief', queue => 'kept', retention => '1 day');
SELECT count(*) FROM pgqrs.start_workflows('kept', '{1}');
SELECT count(*) FROM pgqrs.start_workflows('brief', '{2,3}');
SELECT input, recorded, pgqrs.complete_run(c.run, c.read_ct)
FROM pgqrs.claim_runs('kept', qty => 2) AS c, LATERAL pgqrs.complete_step(c.run, c.read_ct, 'a', '1');
CALL pgqrs.maintain();
SELECT w.name, r.final, count(s) AS steps
FROM pgqrs.runs AS r JOIN pgqrs.workflows AS w ON w.id = r.workflow_id LEFT JOIN pgqrs.steps AS s ON s.run_id = r.id
GROUP BY w.name, r.id, r.final
ORDER BY r.id;
SET pgqrs.clock_offset = '25 h';
CALL pgqrs.maintain();
SELECT w.name, r.final, count(s) AS steps
FROM pgqrs.runs AS r JOIN pgqrs.workflows AS w ON w.id = r.workflow_id LEFT JOIN pgqrs.steps AS s ON s.run_id = r.id
GROUP BY w.name, r.id, r.final
ORDER BY r.id;
SELECT total_done FROM pgqrs.maintenance WHERE duty = 'runs';
RESET pgqrs.clock_offset;
-- What a run has failed with stays as long as the run.
SELECT run AS failed FROM pgqrs.start_workflow('kept') \gset
SELECT f.state FROM pgqrs.claim_runs('kept', qty => 9) AS c, LATERAL pgqrs.fail_run(c.run, c.read_ct, 'in vain', retryable => false) AS f
WHERE c.run = :failed;
CALL pgqrs.maintain();
SELECT error, died FROM pgqrs.list_failures('kept', :failed);
SELECT pgqrs.drop_workflow('brief', force => true), pgqrs.drop_workflow('kept');
