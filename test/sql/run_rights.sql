-- A grant to produce is enough to signal runs and emit events, one to consume to wait and publish; none is not.
SELECT name FROM pgqrs.create_workflow('mine');
SELECT name FROM pgqrs.create_workflow('others');
CREATE ROLE regress_sender;
CREATE ROLE regress_worker;
CREATE ROLE regress_stranger;
SELECT pgqrs.grant_queue('mine', 'regress_sender', 'produce');
SELECT pgqrs.grant_queue('mine', 'regress_worker', 'consume');
SELECT pgqrs.grant_queue('others', 'regress_stranger', right_) FROM unnest('{produce,consume}'::text[]) AS r (right_);
SELECT run AS other FROM pgqrs.start_workflow('others') \gset

SET ROLE regress_sender;
SELECT run FROM pgqrs.start_workflow('mine') \gset
SET ROLE regress_worker;
SELECT read_ct FROM pgqrs.claim_runs('mine');
SELECT * FROM pgqrs.wait_event(:run, 1, 'event', 'open');
SET ROLE regress_sender;
SELECT pgqrs.emit_event('mine', 'open', '5');
SELECT pgqrs.signal_run(:run, 's', '6', 'k'), pgqrs.signal_run(:run, 's', '7', 'k');
SELECT * FROM pgqrs.wait_signal(:run, 1, 'n', 's');
SELECT * FROM pgqrs.get_value(:run, 'k');
SELECT pgqrs.emit_event('others', 'open');
SELECT pgqrs.signal_run(:other, 's');
SET ROLE regress_worker;
SELECT read_ct, reason FROM pgqrs.claim_runs('mine');
SELECT * FROM pgqrs.wait_event(:run, 2, 'event', 'open');
SELECT * FROM pgqrs.wait_signal(:run, 2, 'signal', 's');
SELECT * FROM pgqrs.wait_signal(:run, 2, 'signal', 's', '0', seq => 1);
SELECT pgqrs.set_value(:run, 2, 'k', '9');
SELECT * FROM pgqrs.get_value(:run, 'k');
SELECT pgqrs.signal_run(:run, 's');
SELECT pgqrs.emit_event('mine', 'shut');
-- Rights on another queue are none on this one, whatever is asked of the run.
SET ROLE regress_stranger;
SELECT pgqrs.signal_run(:run, 's');
SELECT pgqrs.emit_event('mine', 'shut');
SELECT * FROM pgqrs.get_value(:run, 'k');
SELECT * FROM pgqrs.get_value(:run, 'unknown', '1 s');
SELECT pgqrs.set_value(:run, 2, 'k', '10');
SELECT * FROM pgqrs.sleep(:run, 2, 'nap', '0');
SELECT * FROM pgqrs.wait_signal(:run, 2, 'signal', 's');
SELECT * FROM pgqrs.wait_event(:run, 2, 'event', 'open');
SELECT pgqrs.emit_event('others', 'open');
SET ROLE regress_worker;
SELECT * FROM pgqrs.sleep(:run, 2, 'nap', '1 h');
RESET ROLE;
-- What has ended is nobody else's business, either.
SELECT pgqrs.signal_run(:run, 's');
UPDATE pgqrs.messages SET available_at = now() WHERE id = :run;
SELECT pgqrs.complete_run(run, read_ct) FROM pgqrs.claim_runs('mine');
SET ROLE regress_stranger;
SELECT pgqrs.signal_run(:run, 's');
SET ROLE regress_sender;
SELECT pgqrs.signal_run(:run, 's');
RESET ROLE;
SELECT pgqrs.drop_workflow('mine', true), pgqrs.drop_workflow('others', true);
DROP OWNED BY regress_sender, regress_worker, regress_stranger;
DROP ROLE regress_sender, regress_worker, regress_stranger;
