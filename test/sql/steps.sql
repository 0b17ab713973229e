-- A step is recorded once, and every replay gets the recorded value; only the delivery that has the run writes.
\getenv tests PG_ABS_SRCDIR
\set errors :tests /sql/include/errors.sql
\i :errors
SELECT name FROM pgqrs.create_workflow('steps', max_attempts => 3, backoff => 'fixed', backoff_jitter => 0);
SELECT run AS r FROM pgqrs.start_workflow('steps', '{"order": 1}') \gset
SELECT read_ct AS c FROM pgqrs.claim_runs('steps') \gset
SELECT * FROM pgqrs.complete_step(:r, :c, 'reserve', '{"ok": true}');
SELECT * FROM pgqrs.complete_step(:r, :c, 'reserve', '{"ok": false}');
-- NULL and JSON null differ, and seq tells uses of a name apart.
SELECT output IS NULL AS none, recorded FROM pgqrs.complete_step(:r, :c, 'nothing');
SELECT output, recorded FROM pgqrs.complete_step(:r, :c, 'nothing', 'null', seq => 1);
SELECT status, output, output IS NULL AS none, error, attempt, until FROM pgqrs.get_step(:r, 'nothing', 1);
SELECT count(*) FROM pgqrs.get_step(:r, 'no such step');
-- An input hash recognises another input.
SELECT recorded FROM pgqrs.complete_step(:r, :c, 'hashed', '1', input_hash => 'a');
SELECT recorded FROM pgqrs.complete_step(:r, :c, 'hashed', '2', input_hash => 'a');
SELECT pg_temp.error_of(format($$SELECT pgqrs.complete_step(%s, %s, 'hashed', '1', input_hash => 'b')$$, :r, :c)) ~ '^PQ018 ' AS mismatch;
-- In a transaction the loser is rolled back.
SELECT pg_temp.error_of(format($$SELECT pgqrs.complete_step(%s, %s, 'reserve', '1', on_recorded => 'raise')$$, :r, :c)) ~ '^PQ019 ' AS raised;
BEGIN;
CREATE TEMP TABLE effects (what text);
SELECT recorded FROM pgqrs.complete_step(:r, :c, 'effect', '1', on_recorded => 'raise');
ROLLBACK;
SELECT count(*) FROM pgqrs.get_step(:r, 'effect');

-- A failing step: the number of its failures outlives the worker, and the last one is recorded.
SELECT retry, at > now() + '50 s' AS later, attempt
FROM pgqrs.fail_step(:r, :c, 'charge', 'card declined', backoff => 'fixed', backoff_base => '1 min');
SELECT status, error, attempt, until IS NOT NULL AS known FROM pgqrs.get_step(:r, 'charge');
SELECT status, error, attempt FROM pgqrs.begin_step(:r, :c, 'charge');
SELECT retry, at, attempt FROM pgqrs.fail_step(:r, :c, 'charge', 'card stolen', retryable => false);
SELECT status, error, attempt FROM pgqrs.begin_step(:r, :c, 'charge');
SELECT pg_temp.error_of(format($$SELECT pgqrs.complete_step(%s, %s, 'charge', '1')$$, :r, :c)) ~ '^PQ019 .*card stolen' AS failed_before;
SELECT pg_temp.error_of(format($$SELECT pgqrs.fail_step(%s, %s, 'reserve', 'x')$$, :r, :c)) ~ '^PQ019 ' AS recorded_before;
SELECT attempt, retry FROM pgqrs.fail_step(:r, :c, 'limited', 'x', max_attempts => 1);
SELECT attempt, retry FROM pgqrs.fail_step(:r, :c, 'unlimited', 'x', max_attempts => 0);

-- A step that must not be repeated is in doubt for the next delivery, unless it was recorded or has failed.
SELECT status FROM pgqrs.begin_step(:r, :c, 'ship', at_most_once => true);
SELECT status FROM pgqrs.begin_step(:r, :c, 'ship', at_most_once => true);
SELECT status FROM pgqrs.begin_step(:r, :c, 'mail', at_most_once => true);
SELECT retry FROM pgqrs.fail_step(:r, :c, 'mail', 'busy');
SELECT status FROM pgqrs.begin_step(:r, :c, 'again');
SELECT name, g.status, l.status AS listed
FROM pgqrs.list_steps(:r) AS l, LATERAL pgqrs.get_step(:r, l.name, l.seq) AS g WHERE name IN ('ship', 'mail', 'again');
SELECT state, attempt, available_at > now() AS later FROM pgqrs.fail_run(:r, :c, 'worker is ill');
-- Everybody can see so when nobody has the run.
SELECT name, g.status, l.status AS listed
FROM pgqrs.list_steps(:r) AS l, LATERAL pgqrs.get_step(:r, l.name, l.seq) AS g WHERE name IN ('ship', 'mail', 'again');
SET pgqrs.clock_offset = '1 min';
SELECT read_ct AS d, attempt, reason,
    jsonb_path_query_array(steps, '$[*] ? (@.name == "ship" || @.name == "mail" || @.name == "again").status') AS delivered
FROM pgqrs.claim_runs('steps') \gset
SELECT :d = :c + 1 AS next_delivery, :attempt AS attempt, :'reason' AS reason, :'delivered' AS delivered;
SELECT status FROM pgqrs.begin_step(:r, :d, 'ship', at_most_once => true);
SELECT status FROM pgqrs.begin_step(:r, :d, 'mail', at_most_once => true);
SELECT status FROM pgqrs.begin_step(:r, :d, 'again');
SELECT status FROM pgqrs.get_step(:r, 'ship');

-- The first delivery writes nothing any more.
\set VERBOSITY sqlstate
SELECT pgqrs.complete_step(:r, :c, 'zombie');
SELECT pgqrs.begin_step(:r, :c, 'zombie');
SELECT pgqrs.fail_step(:r, :c, 'zombie', 'x');
SELECT pgqrs.complete_run(:r, :c);
SELECT pgqrs.fail_run(:r, :c, 'x');
SELECT pgqrs.release_run(:r, :c);
-- Arguments.
SELECT pgqrs.complete_step(NULL, :d, 's');
SELECT pgqrs.complete_step(:r, NULL, 's');
SELECT pgqrs.complete_step(:r, :d, NULL);
SELECT pgqrs.complete_step(:r, :d, '');
SELECT pgqrs.complete_step(:r, :d, repeat('s', 256));
SELECT pgqrs.complete_step(:r, :d, 's', seq => -1);
SELECT pgqrs.complete_step(:r, :d, 's', seq => 3000000000);
SELECT pgqrs.complete_step(:r, :d, 's', to_jsonb(repeat('x', 2 * 1024 * 1024)));
SELECT pgqrs.complete_step(:r, :d, 's', on_recorded => 'x');
SELECT pgqrs.complete_step(-1, :d, 's');
SELECT pgqrs.begin_step(-1, :d, 's');
SELECT pgqrs.fail_step(:r, :d, 's', NULL);
SELECT pgqrs.fail_step(:r, :d, 's', 'x', max_attempts => -1);
SELECT pgqrs.fail_step(:r, :d, 's', 'x', backoff => 'never');
SELECT pgqrs.fail_step(:r, :d, 's', 'x', backoff_base => '2 h');
SELECT pgqrs.get_step(-1, 's');
SELECT pgqrs.complete_run(:r, :d, steps => '{}');
SELECT pgqrs.complete_run(:r, :d, steps => '[{"output": 1}]');
SELECT pgqrs.complete_run(:r, :d, steps => '[{"name": "s", "seq": -1}]');
SELECT pgqrs.complete_run(-1, 1);
SELECT pgqrs.fail_run(:r, :d, NULL);
SELECT pgqrs.fail_run(:r, :d, 'x', delay => '-1 s');
SELECT pgqrs.fail_run(-1, 1, 'x');
SELECT pgqrs.release_run(:r, :d, reason => 'signal');
SELECT pgqrs.release_run(:r, :d, at => 'infinity');
SELECT pgqrs.release_run(-1, 1);
SELECT pgqrs.claim_runs('steps', qty => 0);
SELECT pgqrs.claim_runs('steps', step_bytes => -1);
SELECT pgqrs.claim_runs('none');
\set VERBOSITY default

-- The last steps and the result in one call; what was recorded before stays.
SELECT pgqrs.complete_run(:r, :d, '{"done": true}',
    '[{"name": "reserve", "output": 0}, {"name": "last", "output": 1}, {"name": "last", "seq": 1, "output": null}, {"name": "bare"}]');
SELECT name, seq, status, output FROM pgqrs.steps WHERE run_id = :r AND name IN ('reserve', 'last', 'bare') ORDER BY name, seq;
SELECT final, output, error, read_ct = :d AS last_delivery, finished_at IS NOT NULL AS finished FROM pgqrs.runs WHERE id = :r;
SELECT pg_temp.error_of(format($$SELECT pgqrs.complete_run(%s, %s)$$, :r, :d)) ~ '^PQ001 .*has ended: succeeded' AS ended;
SELECT attempt, died, error FROM pgqrs.list_failures('steps', :r);
RESET pgqrs.clock_offset;

-- Failures: the workflow's limit ends the run; its own back-off decides when it is delivered again.
SELECT run AS f FROM pgqrs.start_workflow('steps') \gset
SELECT state, f.attempt, round(extract(epoch FROM available_at - clock_timestamp())) AS seconds
FROM pgqrs.claim_runs('steps') AS c, LATERAL pgqrs.fail_run(c.run, c.read_ct, 'first') AS f;
SET pgqrs.clock_offset = '1 min';
SELECT state, f.attempt, available_at - clock_timestamp() > '1 h' AS own_delay
FROM pgqrs.claim_runs('steps') AS c, LATERAL pgqrs.fail_run(c.run, c.read_ct, 'second', delay => '2 h') AS f;
SET pgqrs.clock_offset = '3 h';
SELECT state, f.attempt, available_at
FROM pgqrs.claim_runs('steps') AS c, LATERAL pgqrs.fail_run(c.run, c.read_ct, repeat('third ', 5000)) AS f;
RESET pgqrs.clock_offset;
SELECT final, left(error, 11) AS error, length(error) FROM pgqrs.runs WHERE id = :f;
SELECT attempt, died, left(error, 6) AS error FROM pgqrs.list_failures('steps', :f);

-- Giving back spends neither an attempt nor a delivery; a crash loop ends as failed.
SELECT max_deliveries FROM pgqrs.alter_queue('steps', max_deliveries => 3);
SELECT run AS g FROM pgqrs.start_workflow('steps') \gset
CREATE PROCEDURE pg_temp.claim_and_release() LANGUAGE plpgsql AS $$
BEGIN
    FOR i IN 1..6 LOOP
        PERFORM pgqrs.release_run(run, read_ct) FROM pgqrs.claim_runs('steps');
    END LOOP;
END $$;
CALL pg_temp.claim_and_release();
SELECT read_ct, given_back, attempt, waiting_for FROM pgqrs.messages WHERE id = :g;
SET pgqrs.clock_offset = '1 min';
SELECT read_ct, reason FROM pgqrs.claim_runs('steps', vt => '1 s');
SET pgqrs.clock_offset = '2 min';
SELECT read_ct FROM pgqrs.claim_runs('steps', vt => '1 s');
SET pgqrs.clock_offset = '3 min';
SELECT read_ct FROM pgqrs.claim_runs('steps', vt => '1 s');
SET pgqrs.clock_offset = '4 min';
SELECT read_ct FROM pgqrs.claim_runs('steps', vt => '1 s');
SELECT final, error FROM pgqrs.runs WHERE id = :g;
RESET pgqrs.clock_offset;

-- A worker that does not know the workflow parks the run, until it is altered.
SELECT run AS h FROM pgqrs.start_workflow('steps') \gset
SELECT pgqrs.release_run(run, read_ct, reason => 'no_handler') FROM pgqrs.claim_runs('steps');
SELECT count(*) FROM pgqrs.claim_runs('steps');
SELECT pending, delayed, parked FROM pgqrs.queue_metrics('steps', exact => true);
SELECT pending, delayed, parked FROM pgqrs.queue_metrics('steps');
SELECT name FROM pgqrs.alter_workflow('steps');
SELECT pending, parked FROM pgqrs.queue_metrics('steps');
SELECT run = :h AS same, reason FROM pgqrs.claim_runs('steps');

-- 10,000 steps, of which the claim shows what fits.
INSERT INTO pgqrs.steps (run_id, name, seq, read_ct, kind, status, started_at, recorded_at, output)
SELECT :h, 'loop', i, 1, 'step', 'succeeded', now() + i * interval '1 us', now(), to_jsonb(i) FROM generate_series(1, 10000) AS i;
SELECT pgqrs.release_run(:h, (SELECT read_ct FROM pgqrs.messages WHERE id = :h));
SELECT jsonb_array_length(steps) AS steps, steps_complete, steps -> 9999 FROM pgqrs.claim_runs('steps', vt => '1 s');
SET pgqrs.clock_offset = '1 min';
SELECT jsonb_array_length(steps) BETWEEN 1 AND 100 AS some, steps_complete, steps -> 0 ->> 'seq' AS first
FROM pgqrs.claim_runs('steps', step_bytes => 4000);
RESET pgqrs.clock_offset;
SELECT pgqrs.drop_workflow('steps', force => true);
