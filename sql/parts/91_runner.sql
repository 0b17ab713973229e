-- Workflows that the server executes: calling their handlers, and what a handler calls.
--
-- A handler is a procedure. Loops and IFs of its language are the control flow of the workflow. Each of the
-- procedures below is a step: it commits, and a step that was recorded is not executed again when the handler is
-- called once more. They raise 25001 where a commit is impossible: in a function, in a block with an EXCEPTION
-- clause, by EXECUTE, and in procedures with a SET clause or SECURITY DEFINER. Uses of one name in a run are told
-- apart by their order.

CREATE FUNCTION pgqrs.current_run() RETURNS bigint
    LANGUAGE c STABLE PARALLEL UNSAFE
    AS 'MODULE_PATHNAME', 'pgqrs_current_run';
COMMENT ON FUNCTION pgqrs.current_run() IS
'Returns the run that this session executes as the server, or NULL.';

CREATE FUNCTION pgqrs.current_read_ct() RETURNS integer
    LANGUAGE c STABLE PARALLEL UNSAFE
    AS 'MODULE_PATHNAME', 'pgqrs_current_read_ct';
COMMENT ON FUNCTION pgqrs.current_read_ct() IS
'Returns the read_ct of the delivery of the run that this session executes as the server, or NULL. Functions
such as set_value() want it.';

CREATE PROCEDURE pgqrs.step(
    name text,
    function text,
    args jsonb DEFAULT NULL,
    INOUT result jsonb DEFAULT NULL,
    INOUT error text DEFAULT NULL,
    on_error text DEFAULT 'raise',
    max_attempts bigint DEFAULT 3,
    backoff text DEFAULT 'exponential',
    backoff_base interval DEFAULT '1 s',
    backoff_cap interval DEFAULT '1 h'
)
    LANGUAGE c
    AS 'MODULE_PATHNAME', 'pgqrs_step';
COMMENT ON PROCEDURE pgqrs.step(
    text, text, jsonb, jsonb, text, text, bigint, text, interval, interval) IS
'Calls a function once in the life of the run, and commits what it did together with its result. In PL/pgSQL
the arguments result and error are variables.
name: of the step, 1 to 255 bytes.
function: the name of a function that takes one jsonb value, or nothing, along the search path; only one of the
two may exist. What it returns becomes the output of the step, as to_jsonb() has it; void becomes NULL. Constraints
that were deferred are checked with it, and what it sets does not last.
args: the value for the function.
result: the answer: the output of the step.
error: the answer: why the step has failed for good, or NULL.
on_error: what a step does that has failed for good: raise (PQ025, with which the run fails, too), or return
the error, so that the handler can make up for it.
max_attempts: a function that raises an error is undone, and called again after the back-off, up to this many
times. Meanwhile the run holds nothing. 0 means no limit. One that a deadlock or a serialization failure has
ended is called again at once.
backoff: how the wait grows: fixed, linear or exponential, from backoff_base to backoff_cap.
Raises PQ001, PQ005, PQ010, PQ017 when this session executes no run, PQ018, PQ022, PQ025, 42883 for an unknown
function, 42725 for two.';

CREATE PROCEDURE pgqrs.sleep_step(
    name text,
    duration interval DEFAULT NULL,
    until timestamptz DEFAULT NULL
)
    LANGUAGE c
    AS 'MODULE_PATHNAME', 'pgqrs_sleep_step';
COMMENT ON PROCEDURE pgqrs.sleep_step(text, interval, timestamptz) IS
'Has the run wait for a time, as sleep() does. The handler is left, and called again then.
Raises PQ001, PQ010, PQ017 when this session executes no run, PQ018, PQ022.';

CREATE PROCEDURE pgqrs.wait_signal_step(
    name text,
    signal text,
    INOUT payload jsonb DEFAULT NULL,
    INOUT timed_out boolean DEFAULT NULL,
    timeout interval DEFAULT NULL
)
    LANGUAGE c
    AS 'MODULE_PATHNAME', 'pgqrs_wait_signal_step';
COMMENT ON PROCEDURE pgqrs.wait_signal_step(text, text, jsonb, boolean, interval) IS
'Has the run wait for a signal, as wait_signal() does. While it waits, the handler is left.
payload: the answer: that of the signal.
timed_out: the answer: whether the time was over before the signal came.
timeout: how long to wait. NULL means without a limit.
Raises PQ001, PQ010, PQ017 when this session executes no run, PQ018, PQ022.';

CREATE PROCEDURE pgqrs.wait_event_step(
    name text,
    event text,
    INOUT payload jsonb DEFAULT NULL,
    INOUT timed_out boolean DEFAULT NULL,
    timeout interval DEFAULT NULL
)
    LANGUAGE c
    AS 'MODULE_PATHNAME', 'pgqrs_wait_event_step';
COMMENT ON PROCEDURE pgqrs.wait_event_step(text, text, jsonb, boolean, interval) IS
'Has the run wait for an event of its queue, as wait_event() does. While it waits, the handler is left.
payload: the answer: that of the event.
timed_out: the answer: whether the time was over before the event was there.
timeout: how long to wait. NULL means without a limit.
Raises PQ001, PQ010, PQ017 when this session executes no run, PQ018, PQ022.';

CREATE PROCEDURE pgqrs.wait_runs_step(
    name text,
    runs bigint[],
    INOUT results jsonb DEFAULT NULL,
    INOUT timed_out boolean DEFAULT NULL,
    mode text DEFAULT 'all',
    timeout interval DEFAULT NULL
)
    LANGUAGE c
    AS 'MODULE_PATHNAME', 'pgqrs_wait_runs_step';
COMMENT ON PROCEDURE pgqrs.wait_runs_step(text, bigint[], jsonb, boolean, text, interval) IS
'Has the run wait for the end of its children, as wait_runs() does. While it waits, the handler is left.
results: the answer: an array with an object for each child that has ended.
timed_out: the answer: whether the time was over before.
mode: all, or any, for which the end of one is enough.
timeout: how long to wait. NULL means without a limit.
Raises PQ001, PQ009, PQ010, PQ017 when this session executes no run, PQ018, PQ022.';

CREATE PROCEDURE pgqrs.start_child_step(
    name text,
    workflow text,
    input jsonb DEFAULT 'null',
    INOUT child bigint DEFAULT NULL,
    on_parent_end text DEFAULT 'cancel',
    priority bigint DEFAULT 5,
    delay interval DEFAULT '0'
)
    LANGUAGE c
    AS 'MODULE_PATHNAME', 'pgqrs_start_child_step';
COMMENT ON PROCEDURE pgqrs.start_child_step(text, text, jsonb, bigint, text, bigint, interval) IS
'Starts a child of the run, as start_child() does.
child: the answer: the id of the child.
Raises PQ001, PQ005, PQ010, PQ015, PQ017 when this session executes no run, PQ018, PQ022.';

CREATE PROCEDURE pgqrs.start_children_step(
    name text,
    workflow text,
    inputs jsonb[],
    INOUT children bigint[] DEFAULT NULL,
    on_parent_end text DEFAULT 'cancel'
)
    LANGUAGE c
    AS 'MODULE_PATHNAME', 'pgqrs_start_children_step';
COMMENT ON PROCEDURE pgqrs.start_children_step(text, text, jsonb[], bigint[], text) IS
'Starts a child of the run for each input, as start_children() does.
children: the answer: the ids of the children, in the order of the inputs.
Raises PQ001, PQ005, PQ009, PQ010, PQ015, PQ017 when this session executes no run, PQ018, PQ022.';

CREATE PROCEDURE pgqrs.continue_as_new_step(input jsonb)
    LANGUAGE c
    AS 'MODULE_PATHNAME', 'pgqrs_continue_as_new_step';
COMMENT ON PROCEDURE pgqrs.continue_as_new_step(jsonb) IS
'Ends the run, and starts one that goes on instead of it, as continue_as_new() does. It does not return.
Raises PQ001, PQ005, PQ010, PQ017 when this session executes no run.';

CREATE PROCEDURE pgqrs.run_workflows(
    timeout interval DEFAULT '0',
    INOUT runs bigint DEFAULT NULL
)
    LANGUAGE c
    AS 'MODULE_PATHNAME', 'pgqrs_run_workflows';
COMMENT ON PROCEDURE pgqrs.run_workflows(interval, bigint) IS
'Has this session execute runs of workflows with handlers whose owner is the current user. With
shared_preload_libraries background workers do that; the call is for servers without, for tests and for cron. An
error of a handler is noted as a failure of the run. It takes its leases from the queues: a handler that needs
longer than that between two steps loses its run. The client calls it, outside of transactions.
timeout: it goes on as long as there are runs, and waits so long for one when there is none.
runs: the answer: the number of deliveries that it has executed. A client leaves it out.
Raises PQ010, and 25001 inside a transaction block or another procedure.';
