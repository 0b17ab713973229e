-- What a worker does with runs: getting them, recording their steps, finishing them.
--
-- Each of these functions but claim_runs takes the run and the read_ct of its delivery. It raises PQ001
-- when the run is not the worker's any more: it has ended, sleeps, was given back, or was delivered again.

CREATE FUNCTION pgqrs.claim_runs(
    queue text,
    qty bigint DEFAULT 1,
    vt interval DEFAULT NULL,
    wait interval DEFAULT '0',
    worker bigint DEFAULT NULL,
    step_bytes bigint DEFAULT 1048576
) RETURNS SETOF pgqrs.claimed_run
    LANGUAGE c VOLATILE PARALLEL UNSAFE ROWS 1
    AS 'MODULE_PATHNAME', 'pgqrs_claim_runs';
COMMENT ON FUNCTION pgqrs.claim_runs(text, bigint, interval, interval, bigint, bigint) IS
'Delivers up to qty runs of a queue, with the steps they have recorded, and gives each a lease. It does so
as dequeue() does with messages.
vt: the length of the lease. NULL means that of the queue.
wait: how long to wait for a run when there is none, up to pgqrs.max_wait. The call can return sooner when
it has looked at runs that wait.
worker: the id that register_worker() returned.
step_bytes: the steps of a run beyond this size are left out; get_step() shows them.
Raises PQ002, PQ004, PQ008, PQ009, PQ010, PQ023 for a queue of messages.';

CREATE FUNCTION pgqrs.get_step(run bigint, name text, seq bigint DEFAULT 0)
    RETURNS TABLE (
        status pgqrs.step_status, output jsonb, error text, attempt smallint, until timestamptz)
    LANGUAGE c STABLE PARALLEL UNSAFE ROWS 1
    AS 'MODULE_PATHNAME', 'pgqrs_get_step';
COMMENT ON FUNCTION pgqrs.get_step(bigint, text, bigint) IS
'Returns a step of a run, or no row.
Raises PQ010, PQ017 for an unknown run.';

CREATE FUNCTION pgqrs.complete_step(
    run bigint,
    read_ct bigint,
    name text,
    output jsonb DEFAULT NULL,
    seq bigint DEFAULT 0,
    input_hash text DEFAULT NULL,
    on_recorded text DEFAULT 'return'
) RETURNS TABLE (output jsonb, recorded boolean)
    LANGUAGE c VOLATILE PARALLEL UNSAFE ROWS 1
    AS 'MODULE_PATHNAME', 'pgqrs_complete_step';
COMMENT ON FUNCTION pgqrs.complete_step(bigint, bigint, text, jsonb, bigint, text, text) IS
'Records a step of a run. The first record counts. Returns the recorded output, and whether this call
recorded it. What the same transaction does besides happens exactly once if it asks for on_recorded => ''raise''.
It renews the lease of the run when less than half of it is left.
name: 1 to 255 bytes.
output: the value of the step, up to pgqrs.max_payload_size. NULL and JSON null differ.
seq: tells several uses of a name in one run apart, 0 or more.
input_hash: what recognises the input. A record with another one is a mismatch.
on_recorded: what to do when the step was recorded before: return (its output), or raise (PQ019), so that
the transaction is rolled back.
Raises PQ001, PQ005, PQ010, PQ017 for an unknown run, PQ018 when the recorded step is of another kind
or has another input, PQ019, PQ022 when the run is to be cancelled.';

CREATE FUNCTION pgqrs.begin_step(
    run bigint,
    read_ct bigint,
    name text,
    seq bigint DEFAULT 0,
    at_most_once boolean DEFAULT false,
    input_hash text DEFAULT NULL
) RETURNS TABLE (status pgqrs.step_status, output jsonb, error text, attempt smallint)
    LANGUAGE c VOLATILE PARALLEL UNSAFE ROWS 1
    AS 'MODULE_PATHNAME', 'pgqrs_begin_step';
COMMENT ON FUNCTION pgqrs.begin_step(bigint, bigint, text, bigint, boolean, text) IS
'Notes that a step begins, and returns its status: started, or what was recorded before. A step needs
no begin_step() unless it must not be executed twice, or its beginning is to be seen.
at_most_once: a step that an earlier delivery began and did not record is in doubt, and must not be executed.
A person looks what became of it, and calls decide_step().
input_hash: as in complete_step().
Raises PQ001, PQ010, PQ017, PQ018, PQ022.';

CREATE FUNCTION pgqrs.fail_step(
    run bigint,
    read_ct bigint,
    name text,
    error text,
    seq bigint DEFAULT 0,
    retryable boolean DEFAULT true,
    max_attempts bigint DEFAULT 3,
    backoff text DEFAULT 'exponential',
    backoff_base interval DEFAULT '1 s',
    backoff_cap interval DEFAULT '1 h'
) RETURNS TABLE (retry boolean, at timestamptz, attempt smallint)
    LANGUAGE c VOLATILE PARALLEL UNSAFE ROWS 1
    AS 'MODULE_PATHNAME', 'pgqrs_fail_step';
COMMENT ON FUNCTION pgqrs.fail_step(
    bigint, bigint, text, text, bigint, boolean, bigint, text, interval, interval) IS
'Notes a failure of a step. Returns whether to try it again, from when on, and the number of its failures,
which outlive the worker. The delivery goes on: the worker waits, or gives the run back until then with
release_run(). A step that is not to be tried again is recorded as failed.
error: up to 10,000 bytes are kept.
retryable: false when another attempt cannot succeed.
max_attempts: after so many failures the step has failed for good. 0 means no limit.
backoff: how the wait grows: fixed, linear or exponential, from backoff_base to backoff_cap.
Raises PQ001, PQ010, PQ017, PQ018, PQ019 when the step has been recorded, PQ022.';

CREATE FUNCTION pgqrs.complete_run(
    run bigint,
    read_ct bigint,
    output jsonb DEFAULT NULL,
    steps jsonb DEFAULT NULL
) RETURNS pgqrs.run_state
    LANGUAGE c VOLATILE PARALLEL UNSAFE
    AS 'MODULE_PATHNAME', 'pgqrs_complete_run';
COMMENT ON FUNCTION pgqrs.complete_run(bigint, bigint, jsonb, jsonb) IS
'Ends a run as succeeded. Returns how it ended: cancelled if cancel_run() came first.
output: the result of the run, up to pgqrs.max_payload_size.
steps: the last steps, to be recorded by the same call: an array of objects with name, output, seq
(0 if left out) and input_hash (none if left out). Those that were recorded before are left alone.
Raises PQ001, PQ005, PQ010, PQ017, PQ018.';

CREATE FUNCTION pgqrs.fail_run(
    run bigint,
    read_ct bigint,
    error text,
    retryable boolean DEFAULT true,
    delay interval DEFAULT NULL
) RETURNS TABLE (state pgqrs.run_state, attempt smallint, available_at timestamptz)
    LANGUAGE c VOLATILE PARALLEL UNSAFE ROWS 1
    AS 'MODULE_PATHNAME', 'pgqrs_fail_run';
COMMENT ON FUNCTION pgqrs.fail_run(bigint, bigint, text, boolean, interval) IS
'Ends a delivery of a run as failed. The run is delivered again after the back-off of its workflow or
queue, or has failed for good. Returns which: retrying, failed, or cancelled if cancel_run() came first;
the number of its failures; and when it is delivered again.
error: up to 10,000 bytes are kept. list_failures() shows the last ones.
retryable: false when another attempt cannot succeed.
delay: how long to wait, instead of the back-off.
Raises PQ001, PQ010, PQ017.';

CREATE FUNCTION pgqrs.release_run(
    run bigint,
    read_ct bigint,
    at timestamptz DEFAULT NULL,
    reason text DEFAULT 'start'
) RETURNS boolean
    LANGUAGE c VOLATILE PARALLEL UNSAFE
    AS 'MODULE_PATHNAME', 'pgqrs_release_run';
COMMENT ON FUNCTION pgqrs.release_run(bigint, bigint, timestamptz, text) IS
'Gives a run back. It spends neither an attempt nor a delivery. Returns true.
at: when it can be delivered again. NULL means now.
reason: no_handler when the worker does not know the workflow or its version: the run is parked until
alter_workflow() or resume_run(). retry after fail_step(). Else start.
Raises PQ001, PQ010, PQ017.';
