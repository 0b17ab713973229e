-- Children of runs, and runs that go on as new ones. Called by the worker of a run, as in 87_steps.sql.

CREATE FUNCTION pgqrs.start_child(
    run bigint,
    read_ct bigint,
    name text,
    workflow text,
    input jsonb DEFAULT 'null',
    seq bigint DEFAULT 0,
    on_parent_end text DEFAULT 'cancel',
    priority bigint DEFAULT 5,
    delay interval DEFAULT '0'
) RETURNS TABLE (child bigint, created boolean)
    LANGUAGE c VOLATILE PARALLEL UNSAFE ROWS 1
    AS 'MODULE_PATHNAME', 'pgqrs_start_child';
COMMENT ON FUNCTION pgqrs.start_child(
    bigint, bigint, text, text, jsonb, bigint, text, bigint, interval) IS
'Starts a run of a workflow as a child of the run, and records that as a step. Returns the id of the child,
and whether this call created it: a step that has been recorded starts none. The caller needs the right to
start runs of the workflow.
name, seq: identify the step, as in complete_step().
input: the input of the child, up to pgqrs.max_payload_size.
on_parent_end: what becomes of a child that has not ended when the run has: cancel or abandon.
priority: 0 is delivered first, 9 last.
delay: the child is delivered after this time at the earliest.
Raises PQ001, PQ005, PQ010, PQ015 when there is no such workflow, PQ017 for an unknown run, PQ018 when the
recorded step is of another kind or has started another workflow, PQ022 when the run is to be cancelled.';

CREATE FUNCTION pgqrs.start_children(
    run bigint,
    read_ct bigint,
    name text,
    workflow text,
    inputs jsonb[],
    seq bigint DEFAULT 0,
    on_parent_end text DEFAULT 'cancel'
) RETURNS SETOF bigint
    LANGUAGE c VOLATILE PARALLEL UNSAFE ROWS 100
    AS 'MODULE_PATHNAME', 'pgqrs_start_children';
COMMENT ON FUNCTION pgqrs.start_children(bigint, bigint, text, text, jsonb[], bigint, text) IS
'Starts a child for each input, as one step, and returns their ids in the order of the inputs. When the step
has been recorded, the recorded ids are returned, and none is started. The output of the step has the ids.
inputs: up to pgqrs.max_batch_size JSON values. No input is no child.
on_parent_end: as in start_child().
Raises PQ001, PQ005, PQ009, PQ010, PQ015, PQ017, PQ018, PQ022.';

CREATE FUNCTION pgqrs.wait_runs(
    run bigint,
    read_ct bigint,
    name text,
    runs bigint[],
    mode text DEFAULT 'all',
    timeout interval DEFAULT NULL,
    seq bigint DEFAULT 0
) RETURNS TABLE (status pgqrs.suspend_status, value jsonb)
    LANGUAGE c VOLATILE PARALLEL UNSAFE ROWS 1
    AS 'MODULE_PATHNAME', 'pgqrs_wait_runs';
COMMENT ON FUNCTION pgqrs.wait_runs(bigint, bigint, text, bigint[], text, interval, bigint) IS
'Waits for the end of children of the run. When they have ended, it records and returns that: ready. Else it
ends the delivery: suspended. The run is delivered again when they have ended, or after the timeout, and the
same call then returns ready or timed_out.
runs: ids of children, up to pgqrs.max_batch_size.
mode: all, or any, for which the end of one is enough.
timeout: how long to wait. NULL means without end. Only what has ended before counts.
The value is an array with an object for each child that has ended, in the order of runs: run, state
(succeeded, failed, cancelled, timed_out, or gone for one that was removed), output and error, where there
is one. A child that has gone on by continue_as_new() has ended when the last run of its chain has, and has
the state and the output of that; continued_as is its id.
Raises PQ001, PQ009, PQ010 when one of them is no child of the run, PQ017, PQ018, PQ022, PQ024 when a
transaction that records a step of the run is open.';

CREATE FUNCTION pgqrs.continue_as_new(run bigint, read_ct bigint, input jsonb)
    RETURNS bigint
    LANGUAGE c VOLATILE PARALLEL UNSAFE
    AS 'MODULE_PATHNAME', 'pgqrs_continue_as_new';
COMMENT ON FUNCTION pgqrs.continue_as_new(bigint, bigint, jsonb) IS
'Ends a run as succeeded, and starts a run of the same workflow that goes on instead of it, with an empty
history. Returns its id, or NULL if cancel_run() came first: then the run has ended as cancelled. The new run
has the version, the headers and the priority of the old one, its idempotency key, its parent, its signals
that no wait has consumed, and its children that have not ended. The run_timeout of the workflow counts anew.
input: the input of the new run, up to pgqrs.max_payload_size.
Raises PQ001, PQ005, PQ010, PQ017.';
