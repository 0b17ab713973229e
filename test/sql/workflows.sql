-- Workflows are created, altered and dropped; a queue holds either messages or runs.
\getenv tests PG_ABS_SRCDIR
\set errors :tests /sql/include/errors.sql
\i :errors
SELECT name, handler, description, max_attempts, backoff, run_timeout, retention, owner = current_user AS ours
FROM pgqrs.create_workflow('wf.order', description => 'sells', max_attempts => 3, backoff => 'fixed', run_timeout => '1 day',
    retention => '30 days');
SELECT holds_runs FROM pgqrs.get_queue('wf.order');
SELECT pg_temp.error_of($$SELECT pgqrs.create_workflow('wf.order')$$);
SELECT name, max_attempts FROM pgqrs.create_workflow('wf.order', max_attempts => 7, if_not_exists => true);
-- Several share a queue.
SELECT name FROM pgqrs.create_workflow('wf.refund', queue => 'wf.order');
SELECT w.name, q.name AS queue FROM pgqrs.list_workflows() AS w JOIN pgqrs.queues AS q ON q.id = w.queue_id ORDER BY w.id;
SELECT count(*) FROM pgqrs.list_workflows(after_id => (SELECT max(id) FROM pgqrs.workflows));
SELECT name FROM pgqrs.list_workflows(qty => 1);

SELECT description, max_attempts, backoff, backoff_base, run_timeout, retention
FROM pgqrs.alter_workflow('wf.order', description => '', max_attempts => 0, backoff_base => '2 s', run_timeout => '0');
SELECT description, max_attempts FROM pgqrs.get_workflow('wf.order');

-- Names and settings.
\set VERBOSITY sqlstate
SELECT pgqrs.create_workflow(NULL);
SELECT pgqrs.create_workflow('');
SELECT pgqrs.create_workflow('no spaces');
SELECT pgqrs.create_workflow('wf.new', max_attempts => -1);
SELECT pgqrs.create_workflow('wf.new', backoff => 'never');
SELECT pgqrs.create_workflow('wf.new', backoff_base => '2 h', backoff_cap => '1 h');
SELECT pgqrs.create_workflow('wf.new', backoff_jitter => 2);
SELECT pgqrs.create_workflow('wf.new', run_timeout => '-1 s');
SELECT pgqrs.create_workflow('wf.new', retention => '-1 s');
SELECT pgqrs.create_workflow('wf.new', queue => 'no spaces');
SELECT pgqrs.create_workflow('wf.new', handler => 'no.such');
SELECT pgqrs.create_workflow('wf.new', handler => 'pg_catalog.now');
SELECT pgqrs.alter_workflow('wf.none');
SELECT pgqrs.alter_workflow('wf.order', max_attempts => 99999);
SELECT pgqrs.get_workflow('wf.none');
SELECT pgqrs.drop_workflow('wf.none');
SELECT pgqrs.list_workflows(qty => 0);
\set VERBOSITY default
SELECT count(*) FROM pgqrs.workflows WHERE name = 'wf.new';
SELECT handler FROM pgqrs.alter_workflow('wf.refund', handler => '');

-- A queue of messages cannot become one of runs, and an empty one can.
SELECT name FROM pgqrs.create_queue('wf.mails');
SELECT pgqrs.enqueue('wf.mails', '1') > 0 AS enqueued;
SELECT pg_temp.error_of($$SELECT pgqrs.create_workflow('wf.mails')$$);
SELECT pgqrs.purge_queue('wf.mails');
SELECT name FROM pgqrs.create_workflow('wf.mails');

-- Each verb of messages names the function for runs.
CREATE TEMP TABLE verbs (call text);
INSERT INTO verbs VALUES
    ('enqueue(%s, ''1'')'), ('enqueue_at(%s, ''1'', ''tomorrow'')'), ('enqueue_batch(%s, ''{1}'')'), ('enqueue_job(%s, ''1'')'),
    ('dequeue(%s)'), ('dequeue_batch(%s, 2)'), ('pop(%s)'), ('next(%s)'), ('archive(%s, 1)'), ('archive_batch(%s, ''{1}'')'),
    ('delete(%s, 1)'), ('delete_batch(%s, ''{1}'')'), ('release(%s, 1)'), ('release_batch(%s, ''{1}'')'),
    ('fail(%s, 1, ''x'')'), ('fail_batch(%s, ''{1}'', ''{x}'')'), ('cancel(%s, ''{1}'')'), ('purge_queue(%s)'),
    ('drop_queue(%s)'), ('drop_queue(%s, force => true)');
SELECT call, pg_temp.error_of(format('SELECT pgqrs.' || call, '''wf.order''')) FROM verbs ORDER BY call;
SELECT name FROM pgqrs.create_queue('wf.plain');
SELECT pg_temp.error_of($$SELECT pgqrs.claim_runs('wf.plain')$$);

-- Dropping: refused while runs are active.
SELECT count(*) FROM pgqrs.start_workflows('wf.order', '{1,2}');
SELECT count(*) FROM pgqrs.start_workflows('wf.refund', '{3}');
SELECT pg_temp.error_of($$SELECT pgqrs.drop_workflow('wf.order')$$);
SELECT pgqrs.drop_workflow('wf.order', force => true);
-- The other workflow still has the queue.
SELECT input FROM pgqrs.claim_runs('wf.order', qty => 5);
SELECT pgqrs.complete_run(r.id, m.read_ct) FROM pgqrs.runs AS r JOIN pgqrs.messages AS m USING (id);
SELECT pgqrs.drop_workflow('wf.refund'), pgqrs.drop_workflow('wf.mails');
SELECT name FROM pgqrs.queues WHERE name LIKE 'wf.%' ORDER BY name;
SELECT pgqrs.drop_queue('wf.order'), pgqrs.drop_queue('wf.plain');
SELECT
    (SELECT count(*) FROM pgqrs.runs), (SELECT count(*) FROM pgqrs.steps), (SELECT count(*) FROM pgqrs.messages),
    (SELECT count(*) FROM pgqrs.workflows);
SELECT * FROM pgqrs.verify();
