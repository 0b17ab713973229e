-- Types of workflows.

CREATE TYPE pgqrs.run_reason AS ENUM (
    'start', 'retry', 'timer', 'signal', 'event', 'children', 'pause', 'no_handler');
COMMENT ON TYPE pgqrs.run_reason IS
'What a run waits for, and why it is delivered: its start, another attempt after a failure, a time, a
signal, an event, the end of its children, resume_run(), or a worker that knows its workflow.';

CREATE TYPE pgqrs.run_state AS ENUM (
    'queued', 'running', 'sleeping', 'waiting', 'retrying', 'paused', 'crashed',
    'succeeded', 'failed', 'cancelled', 'timed_out');
COMMENT ON TYPE pgqrs.run_state IS
'The state of a run. queued: a worker can get it. running: a worker has it. sleeping: it waits for a
time. waiting: it waits for a signal, an event, its children, or a worker that knows its workflow.
retrying: it waits for another attempt. paused: it waits for resume_run(). crashed: the lease of its
worker has ended, and nobody has got it since. The last four are final.';

CREATE TYPE pgqrs.step_kind AS ENUM ('step', 'sleep', 'signal', 'event', 'children', 'child');
COMMENT ON TYPE pgqrs.step_kind IS 'What a step of a run is.';

CREATE TYPE pgqrs.step_status AS ENUM (
    'started', 'in_doubt', 'succeeded', 'failed', 'timed_out', 'overridden');
COMMENT ON TYPE pgqrs.step_status IS
'How far a step is. in_doubt: it was begun at most once by a delivery that ended before it was
recorded. overridden: decide_step() gave it its output.';

CREATE TYPE pgqrs.suspend_status AS ENUM ('ready', 'suspended', 'timed_out');
COMMENT ON TYPE pgqrs.suspend_status IS
'What came of a wait. suspended: the delivery has ended, and the run is delivered again when it is
time.';

CREATE TYPE pgqrs.claimed_run AS (
    run bigint,
    workflow text,
    version text,
    read_ct integer,
    attempt smallint,
    input jsonb,
    headers jsonb,
    steps jsonb,
    steps_complete boolean,
    reason pgqrs.run_reason
);
COMMENT ON TYPE pgqrs.claimed_run IS 'A run as its worker gets it.';
COMMENT ON COLUMN pgqrs.claimed_run.run IS 'The id of the run.';
COMMENT ON COLUMN pgqrs.claimed_run.workflow IS 'The name of its workflow.';
COMMENT ON COLUMN pgqrs.claimed_run.version IS 'The version that start_workflow() was given, or NULL.';
COMMENT ON COLUMN pgqrs.claimed_run.read_ct IS
    'The number of this delivery. Each call of the worker about the run passes it.';
COMMENT ON COLUMN pgqrs.claimed_run.attempt IS 'The number of failures of the run so far.';
COMMENT ON COLUMN pgqrs.claimed_run.input IS 'The input that start_workflow() was given.';
COMMENT ON COLUMN pgqrs.claimed_run.headers IS 'The headers that start_workflow() was given, or NULL.';
COMMENT ON COLUMN pgqrs.claimed_run.steps IS
'An array of the steps so far, the oldest first: objects with name, seq, kind, status, attempt, output,
error, until and child, as far as they have a value.';
COMMENT ON COLUMN pgqrs.claimed_run.steps_complete IS
    'Whether the array has all steps. get_step() shows one that was left out.';
COMMENT ON COLUMN pgqrs.claimed_run.reason IS 'Why the run is delivered.';

CREATE TYPE pgqrs.run_control AS ENUM ('cancelled', 'paused', 'requested', 'ended');
COMMENT ON TYPE pgqrs.run_control IS
'What cancel_run() or pause_run() did. cancelled: the run has ended by it. paused: the run waits for
resume_run(). requested: a worker has the run, and it ends or pauses with the delivery. ended: the run had
ended before.';

CREATE TYPE pgqrs.run AS (
    run bigint,
    workflow text,
    queue text,
    version text,
    state pgqrs.run_state,
    reason pgqrs.run_reason,
    attempt smallint,
    read_ct integer,
    worker_id bigint,
    available_at timestamptz,
    vt timestamptz,
    parent bigint,
    first_run bigint,
    continued_as bigint,
    created_at timestamptz,
    finished_at timestamptz,
    deadline timestamptz,
    idempotency_key text,
    cancel_requested boolean,
    headers jsonb,
    input jsonb,
    output jsonb,
    error text
);
COMMENT ON TYPE pgqrs.run IS 'A run of a workflow.';
COMMENT ON COLUMN pgqrs.run.run IS 'The id of the run.';
COMMENT ON COLUMN pgqrs.run.workflow IS 'The name of its workflow.';
COMMENT ON COLUMN pgqrs.run.queue IS 'The queue that delivers it.';
COMMENT ON COLUMN pgqrs.run.version IS 'The version that start_workflow() was given, or NULL.';
COMMENT ON COLUMN pgqrs.run.state IS 'What the run is doing, or how it ended.';
COMMENT ON COLUMN pgqrs.run.reason IS
    'What it waits for, or why it was delivered last. NULL when it has ended.';
COMMENT ON COLUMN pgqrs.run.attempt IS 'The number of its failures so far. NULL when it has ended.';
COMMENT ON COLUMN pgqrs.run.read_ct IS 'The number of its deliveries.';
COMMENT ON COLUMN pgqrs.run.worker_id IS 'The worker that has it, or had it when it crashed, or NULL.';
COMMENT ON COLUMN pgqrs.run.available_at IS
    'The time from which it can be delivered. NULL when a worker has it, or when no time ends its wait.';
COMMENT ON COLUMN pgqrs.run.vt IS 'The end of its lease, or NULL.';
COMMENT ON COLUMN pgqrs.run.parent IS 'The run that started it with start_child(), or NULL.';
COMMENT ON COLUMN pgqrs.run.first_run IS 'The first run of its chain. NULL when it continues none.';
COMMENT ON COLUMN pgqrs.run.continued_as IS 'The run that continues it, or NULL.';
COMMENT ON COLUMN pgqrs.run.created_at IS 'The time when it was started.';
COMMENT ON COLUMN pgqrs.run.finished_at IS 'The time when it ended, or NULL.';
COMMENT ON COLUMN pgqrs.run.deadline IS 'The time when it ends as timed_out, or NULL.';
COMMENT ON COLUMN pgqrs.run.idempotency_key IS 'The key that start_workflow() was given, or NULL.';
COMMENT ON COLUMN pgqrs.run.cancel_requested IS 'Whether it ends as cancelled when its delivery ends.';
COMMENT ON COLUMN pgqrs.run.headers IS 'The headers that start_workflow() was given, or NULL.';
COMMENT ON COLUMN pgqrs.run.input IS 'Its input.';
COMMENT ON COLUMN pgqrs.run.output IS 'The output of a run that succeeded.';
COMMENT ON COLUMN pgqrs.run.error IS 'The error of a run that failed, or the reason of its cancellation.';
