-- Runs sleep until a time; the first call decides it, and waking spends neither an attempt nor a delivery.
\getenv tests PG_ABS_SRCDIR
\set errors :tests /sql/include/errors.sql
\i :errors
SET TIME ZONE 'UTC';
SELECT name FROM pgqrs.create_workflow('naps', max_attempts => 2);
SELECT max_deliveries FROM pgqrs.alter_queue('naps', max_deliveries => 3);
-- What a run waits for.
CREATE FUNCTION pg_temp.try_sleep(run bigint, args text) RETURNS text LANGUAGE sql AS $$
    SELECT regexp_replace(
        replace(pg_temp.error_of(format('SELECT pgqrs.sleep(%s, %s)', run, args)), 'run ' || run, 'run RUN'),
        'That is .* from now', 'That is LONG from now')
$$;
PREPARE waits(bigint) AS
    SELECT read_ct, given_back, attempt, priority, parked_priority, waiting_for, vt > clock_timestamp() AS leased
    FROM pgqrs.messages WHERE id = $1;

-- It sleeps, nobody gets it meanwhile, and the call is ready when the time has come. That writes nothing more.
SELECT run FROM pgqrs.start_workflow('naps') \gset
SELECT read_ct, reason FROM pgqrs.claim_runs('naps');
SELECT * FROM pgqrs.sleep(:run, 1, 'nap', '1 h');
EXECUTE waits(:run);
SELECT status, output, until - clock_timestamp() BETWEEN '59 min' AND '1 h' AS until FROM pgqrs.get_step(:run, 'nap');
SELECT available_at - clock_timestamp() BETWEEN '59 min' AND '1 h' AS sleeps FROM pgqrs.messages WHERE id = :run;
SELECT count(*) FROM pgqrs.claim_runs('naps');
-- The delivery has ended.
SELECT pg_temp.try_sleep(:run, $$1, 'nap', '1 h'$$);
SET pgqrs.clock_offset = '2 h';
SELECT read_ct, attempt, reason, steps -> 0 ->> 'status' AS status FROM pgqrs.claim_runs('naps');
SELECT ctid AS before FROM pgqrs.steps WHERE run_id = :run \gset
SELECT * FROM pgqrs.sleep(:run, 2, 'nap', '5 h');
SELECT * FROM pgqrs.sleep(:run, 2, 'nap', until => 'epoch');
SELECT ctid = :'before' AS same, status, recorded_at FROM pgqrs.steps WHERE run_id = :run;

-- A nap of no length, or until a time that has passed, is recorded at once.
SELECT * FROM pgqrs.sleep(:run, 2, 'none', '0');
SELECT * FROM pgqrs.sleep(:run, 2, 'past', until => '2020-01-01');
SELECT name, kind, status, recorded_at IS NOT NULL AS recorded FROM pgqrs.steps WHERE run_id = :run
ORDER BY name COLLATE "C";

-- Six naps with one name. Three deliveries are allowed, and one failure is as many as before.
SELECT state, attempt FROM pgqrs.fail_run(:run, 2, 'once', delay => '0');
CREATE FUNCTION pg_temp.nap(run bigint, times int) RETURNS TABLE (nth int, reads int, failures int, slept text)
    LANGUAGE plpgsql AS $$
DECLARE
    c pgqrs.claimed_run;
    s text;
BEGIN
    FOR i IN 0 .. times - 1 LOOP
        SELECT * INTO c FROM pgqrs.claim_runs('naps');
        FOR j IN 0 .. i LOOP
            SELECT status INTO s FROM pgqrs.sleep(c.run, c.read_ct, 'again', '1 min', seq => j);
        END LOOP;
        RETURN QUERY SELECT i, c.read_ct, c.attempt::int, s;
        PERFORM set_config('pgqrs.clock_offset', (7200 + (i + 1) * 61) || ' s', false);
    END LOOP;
END $$;
SELECT * FROM pg_temp.nap(:run, 6);
SELECT read_ct, attempt FROM pgqrs.claim_runs('naps') \gset
SELECT :read_ct AS read_ct, :attempt AS attempt;
EXECUTE waits(:run);
SELECT count(*), count(DISTINCT seq), count(recorded_at) AS written_twice
FROM pgqrs.steps WHERE run_id = :run AND name = 'again';
SELECT pgqrs.complete_run(:run, :read_ct);
RESET pgqrs.clock_offset;

-- Months and days go by the calendar of the session's zone.
SET TIME ZONE 'Europe/Berlin';
SET pgqrs.max_delay = '300 d';
SELECT run FROM pgqrs.start_workflow('naps') \gset
SELECT read_ct FROM pgqrs.claim_runs('naps');
SELECT clock_timestamp() AS before \gset
SELECT * FROM pgqrs.sleep(:run, 1, 'month', '1 mon 1 d');
SELECT until BETWEEN :'before'::timestamptz + interval '1 mon 1 d'
    AND clock_timestamp() + interval '1 mon 1 d' AS calendar
FROM pgqrs.get_step(:run, 'month');
SET TIME ZONE 'UTC';

-- No longer than the run may live.
SELECT run FROM pgqrs.start_workflow('naps', deadline => now() + '1 h') \gset
SELECT read_ct FROM pgqrs.claim_runs('naps');
SELECT * FROM pgqrs.sleep(:run, 1, 'long', '1 d');
SELECT available_at = expires_at AS until_its_end FROM pgqrs.messages WHERE id = :run;
SET pgqrs.clock_offset = '61 min';
SELECT count(*) FROM pgqrs.claim_runs('naps');
SELECT final, error FROM pgqrs.runs WHERE id = :run;
RESET pgqrs.clock_offset;

-- Somebody who asked for a pause or the end of the run.
SELECT run FROM pgqrs.start_workflow('naps') \gset
SELECT read_ct FROM pgqrs.claim_runs('naps');
INSERT INTO pgqrs.run_requests (run_id, kind, requested_at) VALUES (:run, 'pause', now());
SELECT * FROM pgqrs.sleep(:run, 1, 'nap', '1 ms');
EXECUTE waits(:run);
SELECT count(*) FROM pgqrs.claim_runs('naps'), pg_sleep(0.01);
DELETE FROM pgqrs.messages WHERE id = :run;
SELECT run FROM pgqrs.start_workflow('naps') \gset
SELECT read_ct FROM pgqrs.claim_runs('naps');
SELECT * FROM pgqrs.sleep(:run, 1, 'done', '0');
INSERT INTO pgqrs.run_requests (run_id, kind, reason, requested_at) VALUES (:run, 'cancel', 'enough', now());
SELECT pg_temp.try_sleep(:run, $$1, 'nap', '1 ms'$$);
SELECT pg_temp.try_sleep(:run, $$1, 'done', '1 ms'$$);
DELETE FROM pgqrs.run_requests WHERE run_id = :run;

-- Bad arguments.
SELECT pg_temp.try_sleep(:run, $$1, 'nap'$$);
SELECT pg_temp.try_sleep(:run, $$1, 'nap', '1 s', now()$$);
SELECT pg_temp.try_sleep(:run, $$1, 'nap', '-1 s'$$);
SELECT pg_temp.try_sleep(:run, $$1, 'nap', '301 d'$$);
SELECT pg_temp.try_sleep(:run, $$1, 'nap', until => 'infinity'$$);
SELECT pg_temp.try_sleep(:run, $$1, 'nap', until => '9999-01-01'$$);
SELECT pg_temp.try_sleep(:run, $$1, NULL, '1 s'$$);
SELECT pg_temp.try_sleep(:run, $$1, '', '1 s'$$);
SELECT pg_temp.try_sleep(:run, $$1, repeat('n', 300), '1 s'$$);
SELECT pg_temp.try_sleep(:run, $$1, 'nap', '1 s', seq => -1$$);
SELECT pg_temp.try_sleep(:run, $$1, 'nap', '1 s', seq => 3000000000$$);
SELECT output FROM pgqrs.complete_step(:run, 1, 'work', '1');
SELECT pg_temp.try_sleep(:run, $$1, 'work', '1 s'$$);
SELECT pg_temp.error_of('SELECT pgqrs.sleep(NULL, 1, ''nap'', ''1 s'')');
SELECT pg_temp.try_sleep(:run, $$NULL, 'nap', '1 s'$$);
SELECT pg_temp.error_of('SELECT pgqrs.sleep(-7, 1, ''nap'', ''1 s'')');
SELECT pg_temp.try_sleep(:run, $$2, 'nap', '1 s'$$);
-- A seq of NULL is the default.
SELECT * FROM pgqrs.sleep(:run, 1, 'nap', '0', seq => NULL);
SELECT pgqrs.complete_run(:run, 1);
SELECT pg_temp.try_sleep(:run, $$1, 'nap', '1 s'$$);
BEGIN READ ONLY;
SELECT pgqrs.sleep(:run, 1, 'nap', '1 s');
ROLLBACK;
SELECT pgqrs.drop_workflow('naps', true);
