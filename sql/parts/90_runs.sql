-- Runs of workflows, for those who are not their worker: controlling them and looking at them.

CREATE FUNCTION pgqrs.cancel_run(
    run bigint,
    reason text DEFAULT NULL,
    cascade boolean DEFAULT true
) RETURNS pgqrs.run_control
    LANGUAGE c VOLATILE PARALLEL UNSAFE
    AS 'MODULE_PATHNAME', 'pgqrs_cancel_run';
COMMENT ON FUNCTION pgqrs.cancel_run(bigint, text, boolean) IS
'Ends a run as cancelled. A run that no worker has ends at once: cancelled. Of one that a worker has it is
requested: the worker can record nothing any more (PQ022), and whatever it ends its delivery with, the run
ends as cancelled. If the worker dies, the run ends when it would be delivered again. A step that is open
does not block the call. ended: the run had ended before. If it is just ending, the call waits for that.
reason: get_run() shows it as the error of the run.
cascade: whether the children of the run that start_child() started with on_parent_end => ''cancel'' are
cancelled, too, when it has ended. false: they go on.
Raises PQ017.';

CREATE FUNCTION pgqrs.pause_run(run bigint, reason text DEFAULT NULL) RETURNS pgqrs.run_control
    LANGUAGE c VOLATILE PARALLEL UNSAFE
    AS 'MODULE_PATHNAME', 'pgqrs_pause_run';
COMMENT ON FUNCTION pgqrs.pause_run(bigint, text) IS
'Has a run wait for resume_run(), whatever it waits for else. A run that no worker has is paused at once. Of
one that a worker has it is requested: the worker goes on until its delivery ends, and the run is paused
then, unless it has ended. ended: the run had ended before. The deadline of a paused run still counts.
reason: it is kept in pgqrs.run_requests.
Raises PQ017.';

CREATE FUNCTION pgqrs.resume_run(run bigint) RETURNS boolean
    LANGUAGE c VOLATILE PARALLEL UNSAFE
    AS 'MODULE_PATHNAME', 'pgqrs_resume_run';
COMMENT ON FUNCTION pgqrs.resume_run(bigint) IS
'Ends the pause of a run, or one that was requested, or its wait for a worker that knows its workflow.
Returns whether there was one. The run is delivered, and waits again for what it has waited for if that has
not come. A delay of its start, or of another attempt, is kept. It spends neither an attempt nor a delivery.
Raises PQ017.';

CREATE FUNCTION pgqrs.retry_run(run bigint, from_step text DEFAULT NULL, seq bigint DEFAULT 0) RETURNS boolean
    LANGUAGE c VOLATILE PARALLEL UNSAFE
    AS 'MODULE_PATHNAME', 'pgqrs_retry_run';
COMMENT ON FUNCTION pgqrs.retry_run(bigint, text, bigint) IS
'Starts a run that failed, timed out or was cancelled again, with the same id, input, headers, priority and
idempotency key. Returns whether it had ended. Its steps stay, but for those that failed and after which no
other was begun. Its failures count anew, and so does the run_timeout of its workflow. Signals that it has
got, and children that it has started, stay as they are.
from_step: this step, and all that were begun after it, are forgotten and executed again.
seq: the seq of that step.
Raises PQ017, PQ013 when another run has its idempotency key by now, and PQ010 for a run that has succeeded,
and for a step that it has not.';

CREATE FUNCTION pgqrs.fork_run(run bigint, from_step text DEFAULT NULL, seq bigint DEFAULT 0) RETURNS bigint
    LANGUAGE c VOLATILE PARALLEL UNSAFE
    AS 'MODULE_PATHNAME', 'pgqrs_fork_run';
COMMENT ON FUNCTION pgqrs.fork_run(bigint, text, bigint) IS
'Starts another run of the same workflow with the input, headers, version and priority of a run, and with
the steps that it has recorded by now. Returns the id of the new run. The other one goes on, if it has not
ended. The new one has no idempotency key, no parent, no signals and no values. Children that have not ended
are not taken over: it starts its own.
from_step: only the steps that were begun before this one are taken over.
seq: the seq of that step.
Raises PQ017, and PQ010 for a step that the run has not.';

CREATE FUNCTION pgqrs.decide_step(
    run bigint,
    name text,
    seq bigint DEFAULT 0,
    output jsonb DEFAULT NULL,
    error text DEFAULT NULL
) RETURNS void
    LANGUAGE c VOLATILE PARALLEL UNSAFE
    AS 'MODULE_PATHNAME', 'pgqrs_decide_step';
COMMENT ON FUNCTION pgqrs.decide_step(bigint, text, bigint, jsonb, text) IS
'Records a step that was begun, and that was not recorded by a delivery that has ended: nobody else can know
what came of a step begun at_most_once. Without an error its status is overridden.
output: the output of the step.
error: the step has failed with this error.
Raises PQ005, PQ017, PQ019 when the step was recorded, and PQ010 for a step that is not there or is being
executed.';

CREATE FUNCTION pgqrs.purge_runs(
    workflow text,
    older_than interval DEFAULT '0',
    qty bigint DEFAULT NULL
) RETURNS bigint
    LANGUAGE c VOLATILE PARALLEL UNSAFE
    AS 'MODULE_PATHNAME', 'pgqrs_purge_runs';
COMMENT ON FUNCTION pgqrs.purge_runs(text, interval, bigint) IS
'Removes runs of a workflow that have ended, with their steps, signals, values and failures. Returns their
number. Children of a run that has not ended stay, and so do runs whose idempotency key still counts (with
key_scope period or forever), and runs that somebody else has locked.
older_than: only those that ended longer ago than this.
qty: at most this many, those that ended first. NULL means that there is no limit.
Raises PQ004, PQ010, PQ015.';

CREATE FUNCTION pgqrs.get_run(run bigint) RETURNS SETOF pgqrs.run
    LANGUAGE c VOLATILE PARALLEL UNSAFE ROWS 1
    AS 'MODULE_PATHNAME', 'pgqrs_get_run';
COMMENT ON FUNCTION pgqrs.get_run(bigint) IS
'Returns a run.
Raises PQ017.';

CREATE FUNCTION pgqrs.list_runs(
    workflow text DEFAULT NULL,
    state text DEFAULT NULL,
    since timestamptz DEFAULT NULL,
    until timestamptz DEFAULT NULL,
    after_id bigint DEFAULT 0,
    qty bigint DEFAULT 100
) RETURNS SETOF pgqrs.run
    LANGUAGE c STABLE PARALLEL UNSAFE ROWS 100
    AS 'MODULE_PATHNAME', 'pgqrs_list_runs';
COMMENT ON FUNCTION pgqrs.list_runs(text, text, timestamptz, timestamptz, bigint, bigint) IS
'Returns up to qty runs, by id. Their headers, inputs and outputs are left out: get_run() shows them. Runs
that have ended cost nothing when others are asked for.
workflow: NULL means all workflows.
state: a label of pgqrs.run_state. NULL means all states.
since: only runs that were started at this time or later.
until: only runs that were started before this time.
after_id: start after this id. The next page starts after the last id of this one.
Raises PQ004, PQ009, PQ010, PQ015.';

CREATE FUNCTION pgqrs.list_steps(run bigint) RETURNS TABLE (
        name text, seq integer, kind pgqrs.step_kind, status pgqrs.step_status, attempt smallint,
        read_ct integer, started_at timestamptz, recorded_at timestamptz, until timestamptz, child bigint,
        output jsonb, error text)
    LANGUAGE c STABLE PARALLEL UNSAFE ROWS 100
    AS 'MODULE_PATHNAME', 'pgqrs_list_steps';
COMMENT ON FUNCTION pgqrs.list_steps(bigint) IS
'Returns the steps of a run, in the order in which they were begun. A sleep whose time has come has succeeded.
Raises PQ017.';

CREATE FUNCTION pgqrs.run_timeline(run bigint) RETURNS TABLE (
        name text, seq integer, kind text, status text, started_at timestamptz, ended_at timestamptz,
        attempt smallint, child bigint, error text)
    LANGUAGE c STABLE PARALLEL UNSAFE ROWS 100
    AS 'MODULE_PATHNAME', 'pgqrs_run_timeline';
COMMENT ON FUNCTION pgqrs.run_timeline(bigint) IS
'Returns what happened in a run, in the order of time. The first row is the run itself, with the name of its
workflow, the kind run and its state. Each step has a row, with its kind and status. Each failure of a
delivery has one of the kind failure. ended_at is NULL for what has not ended.
Raises PQ017.';

CREATE FUNCTION pgqrs.stuck_runs() RETURNS TABLE (
        run bigint, workflow text, why text, since timestamptz, hint text)
    LANGUAGE c STABLE PARALLEL UNSAFE ROWS 100
    AS 'MODULE_PATHNAME', 'pgqrs_stuck_runs';
COMMENT ON FUNCTION pgqrs.stuck_runs() IS
'Returns the runs that do not go on by themselves, by id, with the reason, since when, and what helps:
no_message, step_open, overdue, cancel_requested, in_doubt, no_handler, queue_paused, crashed, no_worker,
not_taken, not_woken. Most reasons count when they have lasted for a minute. Runs that are paused, that a
worker has, or that wait for something that has not come are not shown. It reads all runs that have not
ended.';

CREATE FUNCTION pgqrs.workflow_metrics(workflow text DEFAULT NULL, most bigint DEFAULT 10000) RETURNS TABLE (
        workflow text, queue text, active bigint, queued bigint, running bigint, sleeping bigint, waiting bigint,
        retrying bigint, paused bigint, crashed bigint, failed bigint, cancelled bigint, timed_out bigint,
        oldest_queued_age interval, exact boolean)
    LANGUAGE c STABLE PARALLEL UNSAFE ROWS 10
    AS 'MODULE_PATHNAME', 'pgqrs_workflow_metrics';
COMMENT ON FUNCTION pgqrs.workflow_metrics(text, bigint) IS
'Counts the runs of workflows, by their states, a row for each workflow by id. active: those that have not
ended, which the next seven columns tell apart. failed, cancelled, timed_out: those that ended so and were
not removed yet. Runs that succeeded are not counted. oldest_queued_age: how long the run that has waited
longest could have been delivered. exact: whether all runs were looked at.
workflow: NULL means all workflows.
most: of each workflow it looks at up to so many runs that have not ended, those with the lowest ids, and
counts up to so many that failed, were cancelled or timed out, each. So the cost has a limit.
Raises PQ004, PQ010, PQ015.';

CREATE FUNCTION pgqrs.await_run(run bigint, timeout interval DEFAULT '30 s') RETURNS SETOF pgqrs.run
    LANGUAGE c VOLATILE PARALLEL UNSAFE ROWS 1
    AS 'MODULE_PATHNAME', 'pgqrs_await_run';
COMMENT ON FUNCTION pgqrs.await_run(bigint, interval) IS
'Waits until a run has ended, and returns it; after the timeout as it is then. Of a run that was continued
it waits for the one that continues it, and returns that. It works in READ COMMITTED. The statement holds
its snapshot while it waits; CALL pgqrs.wait_run() does not.
timeout: how long to wait, at most pgqrs.max_wait (PQ009).
Raises PQ009, PQ010, PQ017.';

CREATE PROCEDURE pgqrs.wait_run(run bigint, timeout interval, INOUT ended boolean DEFAULT NULL)
    LANGUAGE c
    AS 'MODULE_PATHNAME', 'pgqrs_wait_run';
COMMENT ON PROCEDURE pgqrs.wait_run(bigint, interval, boolean) IS
'Waits until a run, or the one that continues it, has ended. get_run() shows it then. It ends its
transaction, so it must be called outside of a transaction block, and in a pipeline not behind other
statements (25001). While it waits it holds no snapshot and no lock.
timeout: how long to wait.
ended: the answer: whether it has ended. A client leaves it out. PL/pgSQL wants a boolean variable there,
and calls it only in a DO block or procedure that may end transactions.
Raises PQ010, PQ017.';
