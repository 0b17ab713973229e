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
