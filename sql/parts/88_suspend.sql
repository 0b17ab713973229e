-- Waits of runs, and what they wait for: time, signals and events; values that runs publish.

CREATE FUNCTION pgqrs.sleep(
    run bigint,
    read_ct bigint,
    name text,
    duration interval DEFAULT NULL,
    until timestamptz DEFAULT NULL,
    seq bigint DEFAULT 0
) RETURNS TABLE (status pgqrs.suspend_status, value jsonb)
    LANGUAGE c VOLATILE PARALLEL UNSAFE ROWS 1
    AS 'MODULE_PATHNAME', 'pgqrs_sleep';
COMMENT ON FUNCTION pgqrs.sleep(bigint, bigint, text, interval, timestamptz, bigint) IS
'Has a run wait for a time. Returns suspended when the delivery has ended: the worker puts the run away,
which is delivered again then and comes to the same call. Returns ready when the time has come. The first
call decides the time. It spends neither an attempt nor a delivery.
name: 1 to 255 bytes.
duration: how long to wait, months and days by the calendar of the session''s time zone.
until: when to go on, instead of a duration.
seq: tells several uses of a name in one run apart, 0 or more.
Raises PQ001, PQ010, PQ017 for an unknown run, PQ018 when the recorded step is of another kind, PQ022
when the run is to be cancelled, PQ024 while a transaction is open that records a step of the run.';

CREATE FUNCTION pgqrs.wait_signal(
    run bigint,
    read_ct bigint,
    name text,
    signal text,
    timeout interval DEFAULT NULL,
    seq bigint DEFAULT 0
) RETURNS TABLE (status pgqrs.suspend_status, value jsonb)
    LANGUAGE c VOLATILE PARALLEL UNSAFE ROWS 1
    AS 'MODULE_PATHNAME', 'pgqrs_wait_signal';
COMMENT ON FUNCTION pgqrs.wait_signal(bigint, bigint, text, text, interval, bigint) IS
'Has a run wait for a signal. Returns ready and the payload of the oldest signal of that name, which is
consumed, or suspended, as sleep() does, or timed_out. What came of it is recorded: later calls return the
same. A payload of NULL is not a time-out.
name, seq: of the step, as in sleep().
signal: 1 to 255 bytes.
timeout: how long to wait after the first call. Signals that are sent until then count. NULL means
without a limit.
Raises PQ001, PQ010, PQ017, PQ018 when the recorded step is of another kind or waits for another signal,
PQ022, PQ024.';

CREATE FUNCTION pgqrs.wait_event(
    run bigint,
    read_ct bigint,
    name text,
    event text,
    timeout interval DEFAULT NULL,
    seq bigint DEFAULT 0
) RETURNS TABLE (status pgqrs.suspend_status, value jsonb)
    LANGUAGE c VOLATILE PARALLEL UNSAFE ROWS 1
    AS 'MODULE_PATHNAME', 'pgqrs_wait_event';
COMMENT ON FUNCTION pgqrs.wait_event(bigint, bigint, text, text, interval, bigint) IS
'Has a run wait for an event of its queue. Returns ready and the payload of the event, or suspended, as
sleep() does, or timed_out. What came of it is recorded: later calls return the same. A payload of NULL is
not a time-out.
name, seq: of the step, as in sleep().
event: 1 to 255 bytes.
timeout: how long to wait after the first call. NULL means without a limit.
Raises PQ001, PQ010, PQ017, PQ018 when the recorded step is of another kind or waits for another event,
PQ022, PQ024.';

CREATE FUNCTION pgqrs.signal_run(
    run bigint,
    signal text,
    payload jsonb DEFAULT NULL,
    dedup_key text DEFAULT NULL
) RETURNS boolean
    LANGUAGE c VOLATILE PARALLEL UNSAFE
    AS 'MODULE_PATHNAME', 'pgqrs_signal_run';
COMMENT ON FUNCTION pgqrs.signal_run(bigint, text, jsonb, text) IS
'Sends a signal to a run, whether or not it waits for it already. Returns false when the run has ended.
signal: 1 to 255 bytes.
payload: what the wait gets, up to pgqrs.max_payload_size.
dedup_key: of the signals to a run with the same key only the first counts; later ones change nothing,
and return true.
Raises PQ005, PQ010, PQ017 for an unknown run.';

CREATE FUNCTION pgqrs.emit_event(queue text, event text, payload jsonb DEFAULT NULL)
    RETURNS boolean
    LANGUAGE c VOLATILE PARALLEL UNSAFE
    AS 'MODULE_PATHNAME', 'pgqrs_emit_event';
COMMENT ON FUNCTION pgqrs.emit_event(text, text, jsonb) IS
'Emits an event of a queue of runs: all its runs that wait for it go on, and those that come to wait for
it later do not wait. Returns whether it was the first time; another time changes nothing.
event: 1 to 255 bytes.
payload: what the waits get, up to pgqrs.max_payload_size.
Raises PQ002, PQ004, PQ005, PQ010, PQ023 for a queue of messages.';

CREATE FUNCTION pgqrs.set_value(run bigint, read_ct bigint, key text, value jsonb DEFAULT NULL)
    RETURNS boolean
    LANGUAGE c VOLATILE PARALLEL UNSAFE
    AS 'MODULE_PATHNAME', 'pgqrs_set_value';
COMMENT ON FUNCTION pgqrs.set_value(bigint, bigint, text, jsonb) IS
'Publishes a value of a run for get_value(), in the place of an earlier one with the same key. Returns
true. It renews the lease as complete_step() does.
key: 1 to 255 bytes.
value: up to pgqrs.max_payload_size.
Raises PQ001, PQ005, PQ010, PQ017 for an unknown run, PQ022 when the run is to be cancelled.';

CREATE FUNCTION pgqrs.get_value(run bigint, key text, wait interval DEFAULT '0')
    RETURNS TABLE (value jsonb, found boolean)
    LANGUAGE c VOLATILE PARALLEL UNSAFE ROWS 1
    AS 'MODULE_PATHNAME', 'pgqrs_get_value';
COMMENT ON FUNCTION pgqrs.get_value(bigint, text, interval) IS
'Returns a value that a run has published, and whether it has.
wait: how long to wait for it, up to pgqrs.max_wait, unless the run ends before. It needs READ COMMITTED.
Raises PQ009, PQ010, PQ017 for an unknown run.';
