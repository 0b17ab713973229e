-- Workflows: defining them, and starting runs.

CREATE FUNCTION pgqrs.create_workflow(
    workflow text,
    queue text DEFAULT NULL,
    handler text DEFAULT NULL,
    description text DEFAULT NULL,
    max_attempts bigint DEFAULT NULL,
    backoff text DEFAULT NULL,
    backoff_base interval DEFAULT NULL,
    backoff_cap interval DEFAULT NULL,
    backoff_jitter double precision DEFAULT NULL,
    run_timeout interval DEFAULT NULL,
    retention interval DEFAULT NULL,
    if_not_exists boolean DEFAULT false
) RETURNS pgqrs.workflows
    LANGUAGE c VOLATILE PARALLEL UNSAFE
    AS 'MODULE_PATHNAME', 'pgqrs_create_workflow';
COMMENT ON FUNCTION pgqrs.create_workflow(
    text, text, text, text, bigint, text, interval, interval, double precision, interval, interval,
    boolean) IS
'Creates a workflow and returns its row.
queue: the queue that delivers its runs. NULL means the queue of the name of the workflow. One that does
not exist is created. A queue that holds runs takes no other messages; several workflows may share it.
handler: a procedure (run bigint, input jsonb) that the server calls for a run, as in app.ship_order.
NULL means that workers outside of the server execute the runs.
description: the purpose of the workflow, in your words.
max_attempts: a run that has failed this many times has failed for good, 0 to 32767. 0 means no limit.
NULL means what holds for the queue, here and in the next four arguments.
backoff: how the wait grows from one failure of a run to the next: fixed, linear or exponential.
backoff_cap: no wait is longer, at most 366 days.
backoff_jitter: the part of a wait that chance may take off, from 0 to 1.
run_timeout: a run that has not ended so long after its start ends as timed_out as soon as no worker has
it, 1 ms to 366 days. NULL means that there is no limit.
retention: maintenance removes runs that ended longer ago than this. NULL means that they stay.
if_not_exists: an existing workflow is returned as it is.
Raises PQ004 for an invalid name, PQ010 for an invalid setting, PQ011 when the queue holds other messages,
PQ016 when the workflow exists.';

CREATE FUNCTION pgqrs.alter_workflow(
    workflow text,
    handler text DEFAULT NULL,
    description text DEFAULT NULL,
    max_attempts bigint DEFAULT NULL,
    backoff text DEFAULT NULL,
    backoff_base interval DEFAULT NULL,
    backoff_cap interval DEFAULT NULL,
    backoff_jitter double precision DEFAULT NULL,
    run_timeout interval DEFAULT NULL,
    retention interval DEFAULT NULL
) RETURNS pgqrs.workflows
    LANGUAGE c VOLATILE PARALLEL UNSAFE
    AS 'MODULE_PATHNAME', 'pgqrs_alter_workflow';
COMMENT ON FUNCTION pgqrs.alter_workflow(
    text, text, text, bigint, text, interval, interval, double precision, interval, interval) IS
'Changes what is given, and returns the row of the workflow. Runs that wait for a worker that knows the
workflow are delivered again.
handler: the empty text takes it away, as it does for description.
run_timeout: holds for runs that start from now on. 0 takes it away.
Raises PQ010 for an invalid setting, PQ015 when there is no such workflow.';

CREATE FUNCTION pgqrs.drop_workflow(workflow text, force boolean DEFAULT false) RETURNS bigint
    LANGUAGE c VOLATILE PARALLEL UNSAFE
    AS 'MODULE_PATHNAME', 'pgqrs_drop_workflow';
COMMENT ON FUNCTION pgqrs.drop_workflow(text, boolean) IS
'Removes a workflow with its runs and their history, and returns the number of runs that had not ended.
It also drops the queue of the name of the workflow, when no other workflow has it.
force: also when runs have not ended.
Raises PQ011 when runs have not ended, PQ015 when there is no such workflow.';

CREATE FUNCTION pgqrs.get_workflow(workflow text) RETURNS pgqrs.workflows
    LANGUAGE c VOLATILE PARALLEL UNSAFE
    AS 'MODULE_PATHNAME', 'pgqrs_get_workflow';
COMMENT ON FUNCTION pgqrs.get_workflow(text) IS
'Returns the row of a workflow.
Raises PQ015 when there is none.';

CREATE FUNCTION pgqrs.list_workflows(after_id bigint DEFAULT 0, qty bigint DEFAULT 100)
    RETURNS SETOF pgqrs.workflows
    LANGUAGE c STABLE PARALLEL UNSAFE ROWS 100
    AS 'MODULE_PATHNAME', 'pgqrs_list_workflows';
COMMENT ON FUNCTION pgqrs.list_workflows(bigint, bigint) IS
'Returns the workflows by id.
after_id: start after this id. The next page starts after the last id of this one.
Raises PQ009, PQ010.';

CREATE FUNCTION pgqrs.start_workflow(
    workflow text,
    input jsonb DEFAULT 'null',
    idempotency_key text DEFAULT NULL,
    key_scope text DEFAULT 'active',
    key_period interval DEFAULT NULL,
    on_conflict text DEFAULT 'return',
    priority bigint DEFAULT 5,
    delay interval DEFAULT '0',
    headers jsonb DEFAULT NULL,
    version text DEFAULT NULL,
    deadline timestamptz DEFAULT NULL
) RETURNS TABLE (run bigint, created boolean, state pgqrs.run_state)
    LANGUAGE c VOLATILE PARALLEL UNSAFE ROWS 1
    AS 'MODULE_PATHNAME', 'pgqrs_start_workflow';
COMMENT ON FUNCTION pgqrs.start_workflow(
    text, jsonb, text, text, interval, text, bigint, interval, jsonb, text, timestamptz) IS
'Starts a run of a workflow in the caller''s transaction. Returns the id of the run, whether this call
created it, and its state.
input: any JSON value, up to pgqrs.max_payload_size.
idempotency_key: a second start of the workflow with the same key creates no run, as long as the key
counts; 1 to 255 bytes. NULL means none.
key_scope: how long the key counts: active (until the run ends), period (for key_period), or forever.
key_period: the length of a period.
on_conflict: what a start does that meets a run with its key: return (that run), error (PQ013), or
retry_failed (retries that run if it has failed, and returns it).
priority: 0 is delivered first, 9 last.
delay: the run is delivered after this time at the earliest.
headers: a JSON object about the run.
version: the version of the workflow''s code, for its worker; up to 255 bytes.
deadline: a run that has not ended then ends as timed_out. NULL means the run_timeout of the workflow.
Raises PQ005 for an input or headers that are not accepted, PQ010, PQ013, PQ015 when there is no such
workflow, PQ021 when the key was used with another input.';

CREATE FUNCTION pgqrs.start_workflows(
    workflow text,
    inputs jsonb[],
    priority bigint DEFAULT 5,
    delay interval DEFAULT '0',
    version text DEFAULT NULL
) RETURNS SETOF bigint
    LANGUAGE c VOLATILE PARALLEL UNSAFE ROWS 100
    AS 'MODULE_PATHNAME', 'pgqrs_start_workflows';
COMMENT ON FUNCTION pgqrs.start_workflows(text, jsonb[], bigint, interval, text) IS
'Starts a run of a workflow for each input, in one step, and returns the ids in the order of the inputs.
inputs: up to pgqrs.max_batch_size JSON values.
Raises PQ005, PQ009, PQ010, PQ015.';
