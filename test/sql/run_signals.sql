-- Signals reach one run, each once, the oldest first; events reach all runs of a queue; values are published.
\getenv tests PG_ABS_SRCDIR
\set errors :tests /sql/include/errors.sql
\i :errors
SELECT name FROM pgqrs.create_workflow('talk');
SELECT visibility_timeout FROM pgqrs.alter_queue('talk', visibility_timeout => '1 d');
PREPARE waits(bigint) AS
    SELECT read_ct, given_back, priority, parked_priority, waiting_for, vt > clock_timestamp() AS leased,
        available_at > clock_timestamp() AS timed
    FROM pgqrs.messages WHERE id = $1;
-- The next run of the queue and its delivery are known as :run and :ct.
\set start 'SELECT run FROM pgqrs.start_workflow(''talk'')'
\set claim 'SELECT run, read_ct AS ct, reason FROM pgqrs.claim_runs(''talk'')'

-- A signal that comes before the wait.
:start \gset
SELECT pgqrs.signal_run(:run, 'go', '{"n": 1}');
:claim \gset
SELECT * FROM pgqrs.wait_signal(:run, :ct, 'first', 'go');
-- Every replay gets it, and writes nothing.
SELECT ctid AS before FROM pgqrs.steps WHERE run_id = :run \gset
SELECT pgqrs.signal_run(:run, 'go', '{"n": 2}'), pgqrs.signal_run(:run, 'go', '{"n": 3}');
SELECT * FROM pgqrs.wait_signal(:run, :ct, 'first', 'go');
SELECT ctid = :'before' AS same FROM pgqrs.steps WHERE run_id = :run;
-- The others come in turn. Another name is another signal.
SELECT * FROM pgqrs.wait_signal(:run, :ct, 'more', 'go');
SELECT * FROM pgqrs.wait_signal(:run, :ct, 'more', 'go', seq => 1);
SELECT pgqrs.signal_run(:run, 'stop', '"s"');
SELECT signal, payload, consumed FROM pgqrs.signals WHERE run_id = :run ORDER BY id;

-- A wait without a limit is parked until its signal comes.
SELECT * FROM pgqrs.wait_signal(:run, :ct, 'more', 'go', seq => 2);
EXECUTE waits(:run);
SELECT kind, name, seq, target, deadline, children FROM pgqrs.waits WHERE run_id = :run;
SELECT count(*) FROM pgqrs.claim_runs('talk');
SELECT pgqrs.signal_run(:run, 'other');
SELECT count(*) FROM pgqrs.claim_runs('talk');
SELECT count(*) AS wakes_left FROM pgqrs.wakes;
-- A payload of NULL is not a time-out, nor is JSON null.
SELECT pgqrs.signal_run(:run, 'go');
:claim \gset
SELECT :ct AS ct, :'reason' AS reason;
EXECUTE waits(:run);
SELECT status, value, value IS NULL AS nothing FROM pgqrs.wait_signal(:run, :ct, 'more', 'go', seq => 2);
SELECT pgqrs.signal_run(:run, 'go', 'null');
SELECT status, value, value IS NULL AS nothing FROM pgqrs.wait_signal(:run, :ct, 'more', 'go', seq => 3);
-- Of those with one dedup_key the first counts, also when it was consumed, whatever they are called.
SELECT pgqrs.signal_run(:run, 'paid', '1', 'order 7'), pgqrs.signal_run(:run, 'paid', '2', 'order 7'),
    pgqrs.signal_run(:run, 'other', '3', 'order 7');
SELECT * FROM pgqrs.wait_signal(:run, :ct, 'paid', 'paid');
SELECT pgqrs.signal_run(:run, 'paid', '4', 'order 7');
SELECT * FROM pgqrs.wait_signal(:run, :ct, 'paid', 'paid', '0', seq => 1);
SELECT * FROM pgqrs.wait_signal(:run, :ct, 'paid', 'paid', seq => 1);

-- A time-out is an outcome. A signal that comes after it waits for the next wait.
SELECT * FROM pgqrs.wait_signal(:run, :ct, 'late', 'late', '1 h');
EXECUTE waits(:run);
SELECT available_at = w.deadline AND w.deadline = s.until AS same
FROM pgqrs.messages AS m JOIN pgqrs.waits AS w ON w.run_id = m.id, pgqrs.get_step(:run, 'late') AS s WHERE m.id = :run;
SET pgqrs.clock_offset = '2 h';
SELECT pgqrs.signal_run(:run, 'late', '"late"');
:claim \gset
SELECT :ct AS ct, :'reason' AS reason;
SELECT * FROM pgqrs.wait_signal(:run, :ct, 'late', 'late', '1 d');
SELECT * FROM pgqrs.wait_signal(:run, :ct, 'late', 'late', '1 d');
SELECT status, output FROM pgqrs.get_step(:run, 'late');
SELECT * FROM pgqrs.wait_signal(:run, :ct, 'late', 'late', '1 d', seq => 1);
-- One that was sent before it counts, however late the run comes to look.
SELECT * FROM pgqrs.wait_signal(:run, :ct, 'in time', 'in time', '1 h');
SELECT pgqrs.signal_run(:run, 'in time', '"in time"');
SET pgqrs.clock_offset = '4 h';
:claim \gset
SELECT * FROM pgqrs.wait_signal(:run, :ct, 'in time', 'in time', '1 h');
RESET pgqrs.clock_offset;

-- Six wake-ups of a run that may be delivered three times.
SELECT max_deliveries FROM pgqrs.alter_queue('talk', max_deliveries => 3);
CREATE FUNCTION pg_temp.chat(run bigint, ct int, times int) RETURNS TABLE (nth int, reads int, got jsonb)
    LANGUAGE plpgsql AS $$
DECLARE
    v jsonb;
BEGIN
    FOR i IN 1 .. times LOOP
        IF (SELECT status FROM pgqrs.wait_signal(run, ct, 'chat', 'chat', seq => i)) <> 'suspended' THEN
            RAISE 'no wait';
        END IF;
        PERFORM pgqrs.signal_run(run, 'chat', to_jsonb(i));
        SELECT c.read_ct INTO ct FROM pgqrs.claim_runs('talk') AS c;
        SELECT value INTO v FROM pgqrs.wait_signal(run, ct, 'chat', 'chat', seq => i);
        RETURN QUERY SELECT i, ct, v;
    END LOOP;
END $$;
SELECT nth, reads - :ct AS more, got FROM pg_temp.chat(:run, :ct, 6);
SELECT read_ct - given_back AS spent, attempt FROM pgqrs.messages WHERE id = :run;
SELECT read_ct AS ct FROM pgqrs.messages WHERE id = :run \gset

-- A wait ends with the run at the latest.
SELECT run AS short FROM pgqrs.start_workflow('talk', deadline => now() + '1 h') \gset
SELECT read_ct FROM pgqrs.claim_runs('talk');
SELECT * FROM pgqrs.wait_signal(:short, 1, 'w', 's');
SELECT priority, waiting_for, available_at = expires_at AS until_its_end FROM pgqrs.messages WHERE id = :short;
SELECT pgqrs.signal_run(:short, 's');
SELECT run = :short AS woken, reason FROM pgqrs.claim_runs('talk');
SELECT * FROM pgqrs.wait_signal(:short, 2, 'w', 's');
SELECT * FROM pgqrs.wait_signal(:short, 2, 'w', 's', '1 d', seq => 1);
SELECT available_at = expires_at AS until_its_end FROM pgqrs.messages WHERE id = :short;
SELECT deadline - clock_timestamp() > '23 h' AS stored FROM pgqrs.waits WHERE run_id = :short;
SET pgqrs.clock_offset = '2 h';
SELECT count(*) FROM pgqrs.claim_runs('talk');
SELECT final FROM pgqrs.runs WHERE id = :short;
SELECT pgqrs.signal_run(:short, 's');
SELECT count(*) FROM pgqrs.waits WHERE run_id = :short;
RESET pgqrs.clock_offset;

-- A pause parks the run; what came meanwhile is there afterwards.
INSERT INTO pgqrs.run_requests (run_id, kind, requested_at) VALUES (:run, 'pause', now());
SELECT * FROM pgqrs.wait_signal(:run, :ct, 'paused', 'paused');
SELECT pgqrs.signal_run(:run, 'paused', '"p"');
SELECT count(*) FROM pgqrs.claim_runs('talk');
SELECT waiting_for, priority FROM pgqrs.messages WHERE id = :run;
SELECT pgqrs.drop_workflow('talk', true);

-- Events stay. The first payload counts, and every run that waits gets it.
SELECT name FROM pgqrs.create_workflow('news');
SELECT visibility_timeout FROM pgqrs.alter_queue('news', visibility_timeout => '1 d');
SELECT run AS a FROM pgqrs.start_workflow('news') \gset
SELECT run AS b FROM pgqrs.start_workflow('news') \gset
SELECT run AS c FROM pgqrs.start_workflow('news') \gset
SELECT count(*) FROM pgqrs.claim_runs('news', 3);
SELECT * FROM pgqrs.wait_event(:a, 1, 'w', 'open');
SELECT * FROM pgqrs.wait_event(:b, 1, 'w', 'open', '1 h');
SELECT * FROM pgqrs.wait_event(:c, 1, 'w', 'shut', '1 h');
SELECT priority, waiting_for FROM pgqrs.messages WHERE id IN (:a, :b, :c) ORDER BY id;
SELECT count(*) FROM pgqrs.claim_runs('news', 3);
SELECT pgqrs.emit_event('news', 'open', '{"at": 9}');
SELECT pgqrs.emit_event('news', 'open', '{"at": 10}');
SELECT run - :a AS nth, read_ct, reason FROM pgqrs.claim_runs('news', 3);
SELECT * FROM pgqrs.wait_event(:a, 2, 'w', 'open');
SELECT * FROM pgqrs.wait_event(:a, 2, 'w', 'open');
SELECT * FROM pgqrs.wait_event(:b, 2, 'w', 'open');
SELECT * FROM pgqrs.wait_event(:b, 2, 'again', 'open');
SELECT count(*) AS wakes_left FROM pgqrs.wakes;
-- In vain, and after that.
SET pgqrs.clock_offset = '2 h';
SELECT pgqrs.emit_event('news', 'shut');
SELECT run - :a AS nth, read_ct, reason FROM pgqrs.claim_runs('news', 3);
SELECT * FROM pgqrs.wait_event(:c, 2, 'w', 'shut');
SELECT * FROM pgqrs.wait_event(:c, 2, 'w', 'shut');
SELECT status, value, value IS NULL AS nothing FROM pgqrs.wait_event(:c, 2, 'w', 'shut', seq => 1);
RESET pgqrs.clock_offset;
-- More runs than one call looks at.
CREATE FUNCTION pg_temp.many(runs int) RETURNS TABLE (started bigint, waiting bigint, woken bigint)
    LANGUAGE plpgsql AS $$
BEGIN
    started := (SELECT count(*) FROM pgqrs.start_workflows('news', array_fill('1'::jsonb, ARRAY[runs])));
    waiting := (
        SELECT count(*) FROM pgqrs.claim_runs('news', runs) AS c,
            LATERAL pgqrs.wait_event(c.run, c.read_ct, 'mass', 'mass') AS w WHERE w.status = 'suspended');
    woken := 0;
    WHILE EXISTS (SELECT FROM pgqrs.wakes) LOOP
        woken := woken + (SELECT count(*) FROM pgqrs.claim_runs('news', runs));
    END LOOP;
    PERFORM pgqrs.emit_event('news', 'mass');
    WHILE EXISTS (SELECT FROM pgqrs.wakes) LOOP
        woken := woken + (SELECT count(*) FROM pgqrs.claim_runs('news', runs) WHERE reason = 'event');
    END LOOP;
    RETURN NEXT;
END $$;
SELECT * FROM pg_temp.many(1500);

-- Values.
SELECT pgqrs.set_value(:a, 2, 'progress', '0.5');
SELECT * FROM pgqrs.get_value(:a, 'progress');
SELECT pgqrs.set_value(:a, 2, 'progress', NULL), pgqrs.set_value(:a, 2, 'null', 'null');
SELECT value, value IS NULL AS nothing, found FROM pgqrs.get_value(:a, 'progress');
SELECT value, value IS NULL AS nothing, found FROM pgqrs.get_value(:a, 'null', NULL);
SELECT * FROM pgqrs.get_value(:a, 'unknown');
SELECT * FROM pgqrs.get_value(:a, 'unknown', '50 ms');
SELECT pgqrs.complete_run(:a, 2);
-- Nobody sets it any more, so nobody waits for it.
SELECT * FROM pgqrs.get_value(:a, 'unknown', '1 min');
SELECT found FROM pgqrs.get_value(:a, 'progress', '1 min');

-- Bad arguments.
\set error_of 'SELECT replace(pg_temp.error_of(format(:''sql'', :b)), ''run '' || :b, ''run RUN'')'
\set sql 'SELECT pgqrs.signal_run(-7, $$s$$)'
:error_of;
\set sql 'SELECT pgqrs.signal_run(NULL, $$s$$)'
:error_of;
\set sql 'SELECT pgqrs.signal_run(%s, NULL)'
:error_of;
\set sql 'SELECT pgqrs.signal_run(%s, $$$$)'
:error_of;
\set sql 'SELECT pgqrs.signal_run(%s, repeat($$s$$, 300))'
:error_of;
\set sql 'SELECT pgqrs.signal_run(%s, $$s$$, NULL, $$$$)'
:error_of;
\set sql 'SELECT pgqrs.signal_run(%s, $$s$$, NULL, repeat($$k$$, 256))'
:error_of;
\set sql 'SELECT pgqrs.signal_run(%s, $$s$$, to_jsonb(repeat($$x$$, 2097152)))'
:error_of;
SELECT pgqrs.signal_run(:a, 's');
\set sql 'SELECT pgqrs.emit_event(NULL, $$e$$)'
:error_of;
\set sql 'SELECT pgqrs.emit_event($$no.such$$, $$e$$)'
:error_of;
\set sql 'SELECT pgqrs.emit_event($$news$$, NULL)'
:error_of;
\set sql 'SELECT pgqrs.emit_event($$news$$, repeat($$e$$, 300))'
:error_of;
\set sql 'SELECT pgqrs.emit_event($$news$$, $$e$$, to_jsonb(repeat($$x$$, 2097152)))'
:error_of;
SELECT name FROM pgqrs.create_queue('plain');
\set sql 'SELECT pgqrs.emit_event($$plain$$, $$e$$)'
:error_of;
SELECT pgqrs.enqueue('plain', '1') AS message \gset
SELECT replace(pg_temp.error_of(format('SELECT pgqrs.signal_run(%s, $$s$$)', :message)), 'run ' || :message, 'run MESSAGE');
SELECT pgqrs.drop_queue('plain', true);
\set sql 'SELECT pgqrs.wait_signal(%s, 2, $$w$$, NULL)'
:error_of;
\set sql 'SELECT pgqrs.wait_signal(%s, 2, $$w$$, repeat($$s$$, 300))'
:error_of;
\set sql 'SELECT pgqrs.wait_signal(%s, 2, repeat($$n$$, 300), $$s$$)'
:error_of;
\set sql 'SELECT pgqrs.wait_signal(%s, 2, $$v$$, $$s$$, seq => -1)'
:error_of;
\set sql 'SELECT pgqrs.wait_signal(%s, 2, $$v$$, $$s$$, $$-1 s$$)'
:error_of;
\set sql 'SELECT pgqrs.wait_signal(%s, 2, $$v$$, $$s$$, $$1000 y$$)'
:error_of;
-- The step is a wait for an event.
\set sql 'SELECT pgqrs.wait_signal(%s, 2, $$w$$, $$s$$)'
:error_of;
\set sql 'SELECT pgqrs.wait_event(%s, 2, $$w$$, $$another$$)'
:error_of;
\set sql 'SELECT pgqrs.wait_event(%s, 2, $$w$$, NULL)'
:error_of;
\set sql 'SELECT pgqrs.wait_event(%s, 1, $$w$$, $$open$$)'
:error_of;
\set sql 'SELECT pgqrs.wait_event(%s, NULL, $$w$$, $$open$$)'
:error_of;
\set sql 'SELECT pgqrs.wait_event(-7, 1, $$w$$, $$open$$)'
:error_of;
\set sql 'SELECT pgqrs.set_value(%s, 1, $$k$$, $$1$$)'
:error_of;
\set sql 'SELECT pgqrs.set_value(%s, 2, NULL, $$1$$)'
:error_of;
\set sql 'SELECT pgqrs.set_value(%s, 2, repeat($$k$$, 256), $$1$$)'
:error_of;
\set sql 'SELECT pgqrs.set_value(%s, 2, $$k$$, to_jsonb(repeat($$x$$, 2097152)))'
:error_of;
\set sql 'SELECT pgqrs.get_value(-7, $$k$$)'
:error_of;
\set sql 'SELECT pgqrs.get_value(%s, NULL)'
:error_of;
\set sql 'SELECT pgqrs.get_value(%s, $$k$$, $$-1 s$$)'
:error_of;
\set sql 'SELECT pgqrs.get_value(%s, $$k$$, $$1 d$$)'
:error_of;
BEGIN ISOLATION LEVEL REPEATABLE READ;
:error_of;
\set sql 'SELECT pgqrs.get_value(%s, $$k$$, $$1 s$$)'
:error_of;
SELECT * FROM pgqrs.get_value(:b, 'k');
COMMIT;
INSERT INTO pgqrs.run_requests (run_id, kind, requested_at) VALUES (:b, 'cancel', now());
\set sql 'SELECT pgqrs.set_value(%s, 2, $$k$$, $$1$$)'
:error_of;
\set sql 'SELECT pgqrs.wait_event(%s, 2, $$w$$, $$open$$)'
:error_of;
\set sql 'SELECT pgqrs.wait_signal(%s, 2, $$new$$, $$s$$)'
:error_of;
SELECT pgqrs.drop_workflow('news', true);
