-- Tables of workflows. A run is a message of a queue that holds runs, and has the id of the message.

CREATE TABLE pgqrs.workflows (
    id integer GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    name text NOT NULL UNIQUE
        CONSTRAINT workflows_name_valid
        CHECK (octet_length(name) BETWEEN 1 AND 63 AND name ~ '^[A-Za-z0-9_.-]+$'),
    queue_id integer NOT NULL,
    handler text,
    owner text NOT NULL DEFAULT current_user,
    description text,
    max_attempts integer
        CONSTRAINT workflows_max_attempts_range CHECK (max_attempts BETWEEN 0 AND 32767),
    backoff pgqrs.backoff,
    backoff_base interval,
    backoff_cap interval,
    backoff_jitter double precision
        CONSTRAINT workflows_backoff_jitter_range CHECK (backoff_jitter BETWEEN 0 AND 1),
    run_timeout interval
        CONSTRAINT workflows_run_timeout_range CHECK (run_timeout >= '1 ms'),
    retention interval
        CONSTRAINT workflows_retention_range CHECK (retention >= '0'),
    created_at timestamptz NOT NULL DEFAULT clock_timestamp()
);
CREATE INDEX workflows_queue ON pgqrs.workflows (queue_id);
COMMENT ON TABLE pgqrs.workflows IS 'The workflows, one row each. create_workflow() writes them.';
COMMENT ON COLUMN pgqrs.workflows.id IS 'The runs refer to the workflow by this number.';
COMMENT ON COLUMN pgqrs.workflows.name IS
    'The name: 1 to 63 bytes of A-Z, a-z, 0-9, "_", "." and "-".';
COMMENT ON COLUMN pgqrs.workflows.queue_id IS 'The queue that delivers its runs.';
COMMENT ON COLUMN pgqrs.workflows.handler IS
'The procedure that the server calls for a run. NULL means that workers outside of the server execute
the runs.';
COMMENT ON COLUMN pgqrs.workflows.owner IS 'The role that created the workflow.';
COMMENT ON COLUMN pgqrs.workflows.description IS 'The purpose of the workflow, in the owner''s words.';
COMMENT ON COLUMN pgqrs.workflows.max_attempts IS
'A run that has failed this many times has failed for good. 0 means that there is no limit. NULL means
what holds for the queue, as in the next four columns.';
COMMENT ON COLUMN pgqrs.workflows.backoff IS 'How the wait grows from one failure of a run to the next.';
COMMENT ON COLUMN pgqrs.workflows.backoff_base IS 'The wait after the first failure of a run.';
COMMENT ON COLUMN pgqrs.workflows.backoff_cap IS 'No wait after a failure is longer than this.';
COMMENT ON COLUMN pgqrs.workflows.backoff_jitter IS
    'The part of a wait that chance may take off, from 0 to 1.';
COMMENT ON COLUMN pgqrs.workflows.run_timeout IS
'A run that has not ended so long after its start, and that no worker has, ends as timed_out. NULL means
that there is no limit.';
COMMENT ON COLUMN pgqrs.workflows.retention IS
'Runs that ended longer ago than this are removed by maintenance. NULL means that they stay until
purge_runs().';
COMMENT ON COLUMN pgqrs.workflows.created_at IS 'The time when the workflow was created.';
COMMENT ON INDEX pgqrs.workflows_pkey IS 'It finds the workflow of a run.';
COMMENT ON INDEX pgqrs.workflows_name_key IS 'It finds a workflow by its name, and keeps names unique.';
COMMENT ON INDEX pgqrs.workflows_queue IS 'It tells whether a queue has workflows.';

-- One insert at the start and one update at the end; a delivery does not write it.
CREATE TABLE pgqrs.runs (
    id bigint PRIMARY KEY,
    workflow_id integer NOT NULL,
    queue_id integer NOT NULL,
    read_ct integer,
    final pgqrs.run_state
        CONSTRAINT runs_final_is_final
        CHECK (final IN ('succeeded', 'failed', 'cancelled', 'timed_out')),
    cancel_with_parent boolean NOT NULL DEFAULT true,
    parent_id bigint,
    first_id bigint,
    continued_as bigint,
    created_at timestamptz NOT NULL,
    finished_at timestamptz,
    priority smallint NOT NULL DEFAULT 5,
    version text,
    key text,
    headers jsonb,
    input jsonb NOT NULL,
    output jsonb,
    error text
);
CREATE INDEX runs_workflow ON pgqrs.runs (workflow_id, id);
CREATE INDEX runs_active ON pgqrs.runs (workflow_id, id) WHERE final IS NULL;
CREATE INDEX runs_not_succeeded ON pgqrs.runs (workflow_id, final, id) WHERE final > 'succeeded';
CREATE INDEX runs_ended ON pgqrs.runs (workflow_id, finished_at) WHERE final IS NOT NULL;
CREATE INDEX runs_children ON pgqrs.runs (parent_id, id) WHERE parent_id IS NOT NULL;
CREATE INDEX runs_unfinished_children ON pgqrs.runs (parent_id) WHERE parent_id IS NOT NULL AND final IS NULL;
COMMENT ON TABLE pgqrs.runs IS
'The runs of workflows, those that have ended included. purge_runs() and the retention of the workflow
remove them.';
COMMENT ON COLUMN pgqrs.runs.id IS 'The id of the run, which is that of its message.';
COMMENT ON COLUMN pgqrs.runs.workflow_id IS 'The workflow.';
COMMENT ON COLUMN pgqrs.runs.queue_id IS 'The queue that holds, or held, the message of the run.';
COMMENT ON COLUMN pgqrs.runs.read_ct IS 'The number of deliveries when the run ended. NULL before.';
COMMENT ON COLUMN pgqrs.runs.final IS
    'How the run ended: succeeded, failed, cancelled or timed_out. NULL while it has not.';
COMMENT ON COLUMN pgqrs.runs.cancel_with_parent IS
    'Whether the run is cancelled when its parent has ended before it.';
COMMENT ON COLUMN pgqrs.runs.parent_id IS 'The run that started this one with start_child(), or NULL.';
COMMENT ON COLUMN pgqrs.runs.first_id IS
    'The first run of the chain that continue_as_new() made. NULL for a run that continues none.';
COMMENT ON COLUMN pgqrs.runs.continued_as IS 'The run that continues this one, or NULL.';
COMMENT ON COLUMN pgqrs.runs.created_at IS 'The time when the run was started.';
COMMENT ON COLUMN pgqrs.runs.finished_at IS 'The time when the run ended, or NULL.';
COMMENT ON COLUMN pgqrs.runs.priority IS 'The priority that the run was started with.';
COMMENT ON COLUMN pgqrs.runs.headers IS 'The headers that start_workflow() was given, or NULL.';
COMMENT ON COLUMN pgqrs.runs.version IS 'The version that start_workflow() was given.';
COMMENT ON COLUMN pgqrs.runs.key IS 'The idempotency key that start_workflow() was given.';
COMMENT ON COLUMN pgqrs.runs.input IS 'The input of the run.';
COMMENT ON COLUMN pgqrs.runs.output IS 'The output of a run that succeeded.';
COMMENT ON COLUMN pgqrs.runs.error IS 'The error of a run that failed, or the reason of its cancellation.';
COMMENT ON INDEX pgqrs.runs_pkey IS 'It finds a run.';
COMMENT ON INDEX pgqrs.runs_workflow IS 'It serves to list the runs of a workflow.';
COMMENT ON INDEX pgqrs.runs_active IS 'It serves to list the runs of a workflow that have not ended.';
COMMENT ON INDEX pgqrs.runs_not_succeeded IS
    'It serves to list the runs of a workflow that ended in another way than it should be.';
COMMENT ON INDEX pgqrs.runs_ended IS 'It serves to purge the runs of a workflow.';
COMMENT ON INDEX pgqrs.runs_children IS 'It finds the children of a run.';
COMMENT ON INDEX pgqrs.runs_unfinished_children IS 'It tells whether children of a run have not ended.';

-- What a run has done so far. The primary key is the only index, so that recording a step writes one.
CREATE TABLE pgqrs.steps (
    run_id bigint NOT NULL,
    seq integer NOT NULL,
    read_ct integer NOT NULL,
    kind pgqrs.step_kind NOT NULL,
    status pgqrs.step_status NOT NULL,
    attempt smallint NOT NULL DEFAULT 0,
    at_most_once boolean NOT NULL DEFAULT false,
    started_at timestamptz NOT NULL,
    recorded_at timestamptz,
    until timestamptz,
    child_id bigint,
    name text NOT NULL,
    input_hash text,
    output jsonb,
    error text,
    PRIMARY KEY (run_id, name, seq)
);
COMMENT ON TABLE pgqrs.steps IS 'The steps of runs. A recorded step is not executed again.';
COMMENT ON COLUMN pgqrs.steps.run_id IS 'The run.';
COMMENT ON COLUMN pgqrs.steps.seq IS 'Tells uses of the same name in one run apart, from 0 on.';
COMMENT ON COLUMN pgqrs.steps.read_ct IS 'The delivery of the run that wrote the row last.';
COMMENT ON COLUMN pgqrs.steps.kind IS 'What the step is.';
COMMENT ON COLUMN pgqrs.steps.status IS 'How far it is.';
COMMENT ON COLUMN pgqrs.steps.attempt IS 'The number of failures that fail_step() has noted.';
COMMENT ON COLUMN pgqrs.steps.at_most_once IS 'Whether the step must not be executed a second time.';
COMMENT ON COLUMN pgqrs.steps.started_at IS 'The time when the step was begun, or recorded.';
COMMENT ON COLUMN pgqrs.steps.recorded_at IS 'The time when it was recorded, or NULL.';
COMMENT ON COLUMN pgqrs.steps.until IS
'The end of a sleep, the deadline of a wait, or the time from which a failed step is to be tried again.';
COMMENT ON COLUMN pgqrs.steps.child_id IS 'The run that start_child() started, or NULL.';
COMMENT ON COLUMN pgqrs.steps.name IS 'The name of the step, 1 to 255 bytes.';
COMMENT ON COLUMN pgqrs.steps.input_hash IS
    'What the worker gave to recognise the input by: a record with another one is a mismatch.';
COMMENT ON COLUMN pgqrs.steps.output IS 'The recorded value.';
COMMENT ON COLUMN pgqrs.steps.error IS 'The last error of the step, or NULL.';
COMMENT ON INDEX pgqrs.steps_pkey IS 'It finds the steps of a run, and keeps each recorded once.';

CREATE TABLE pgqrs.signals (
    id bigint GENERATED ALWAYS AS IDENTITY,
    run_id bigint NOT NULL,
    signal text NOT NULL,
    sent_at timestamptz NOT NULL,
    consumed boolean NOT NULL DEFAULT false,
    dedup_key text,
    payload jsonb,
    PRIMARY KEY (run_id, signal, id)
);
CREATE UNIQUE INDEX signals_dedup ON pgqrs.signals (run_id, dedup_key) WHERE dedup_key IS NOT NULL;
COMMENT ON TABLE pgqrs.signals IS 'The signals to runs. Each is consumed once, the oldest first.';
COMMENT ON COLUMN pgqrs.signals.id IS 'The signals of a run come in this order.';
COMMENT ON COLUMN pgqrs.signals.run_id IS 'The run.';
COMMENT ON COLUMN pgqrs.signals.signal IS 'The name of the signal, 1 to 255 bytes.';
COMMENT ON COLUMN pgqrs.signals.sent_at IS 'The time when it was sent.';
COMMENT ON COLUMN pgqrs.signals.consumed IS 'Whether a wait of the run has got it.';
COMMENT ON COLUMN pgqrs.signals.dedup_key IS 'Of signals to a run with the same key only the first counts.';
COMMENT ON COLUMN pgqrs.signals.payload IS 'The value that was sent, or NULL.';
COMMENT ON INDEX pgqrs.signals_pkey IS 'It finds the next signal of a name.';
COMMENT ON INDEX pgqrs.signals_dedup IS 'It refuses a second signal with the same key.';
COMMENT ON SEQUENCE pgqrs.signals_id_seq IS 'It gives the signals their ids.';

CREATE TABLE pgqrs.events (
    id bigint GENERATED ALWAYS AS IDENTITY UNIQUE,
    queue_id integer NOT NULL,
    event text NOT NULL,
    emitted_at timestamptz NOT NULL,
    payload jsonb,
    PRIMARY KEY (queue_id, event)
);
COMMENT ON TABLE pgqrs.events IS
    'The events that were emitted in queues of runs. An event stays, and any number of runs may wait for it.';
COMMENT ON COLUMN pgqrs.events.id IS 'Those who look for the runs that wait for the event know it by this number.';
COMMENT ON COLUMN pgqrs.events.queue_id IS 'The queue.';
COMMENT ON COLUMN pgqrs.events.event IS 'The name of the event, 1 to 255 bytes.';
COMMENT ON COLUMN pgqrs.events.emitted_at IS 'The time when it was emitted first.';
COMMENT ON COLUMN pgqrs.events.payload IS 'The value of the event, or NULL.';
COMMENT ON INDEX pgqrs.events_pkey IS 'It finds an event.';
COMMENT ON INDEX pgqrs.events_id_key IS 'It finds an event by its number.';
COMMENT ON SEQUENCE pgqrs.events_id_seq IS 'It gives the events their numbers.';

-- What a run waits for that a clock does not tell. The row outlives the wait, until the next one.
CREATE TABLE pgqrs.waits (
    run_id bigint PRIMARY KEY,
    queue_id integer NOT NULL,
    seq integer NOT NULL,
    kind pgqrs.step_kind NOT NULL,
    mode_any boolean NOT NULL DEFAULT false,
    deadline timestamptz,
    name text NOT NULL,
    target text,
    children bigint[]
) WITH (fillfactor = 70);
CREATE INDEX waits_event ON pgqrs.waits (queue_id, target) WHERE kind = 'event';
COMMENT ON TABLE pgqrs.waits IS 'The last wait of each run for a signal, an event or its children.';
COMMENT ON COLUMN pgqrs.waits.run_id IS 'The run.';
COMMENT ON COLUMN pgqrs.waits.queue_id IS 'The queue that holds the run.';
COMMENT ON COLUMN pgqrs.waits.seq IS 'The step that waits has this seq.';
COMMENT ON COLUMN pgqrs.waits.kind IS 'It is signal, event or children.';
COMMENT ON COLUMN pgqrs.waits.mode_any IS 'Whether the end of one of the children is enough.';
COMMENT ON COLUMN pgqrs.waits.deadline IS 'The time when the wait ends in vain. NULL means never.';
COMMENT ON COLUMN pgqrs.waits.name IS 'The step that waits has this name.';
COMMENT ON COLUMN pgqrs.waits.target IS 'The name of the signal or event.';
COMMENT ON COLUMN pgqrs.waits.children IS 
    'The children whose end is waited for, each by the first run of its chain.';
COMMENT ON INDEX pgqrs.waits_pkey IS 'A run waits for one thing at a time.';
COMMENT ON INDEX pgqrs.waits_event IS 'It finds the runs that wait for an event.';

CREATE TABLE pgqrs.run_values (
    run_id bigint NOT NULL,
    key text NOT NULL,
    set_at timestamptz NOT NULL,
    value jsonb,
    PRIMARY KEY (run_id, key)
);
COMMENT ON TABLE pgqrs.run_values IS 'What runs publish with set_value().';
COMMENT ON COLUMN pgqrs.run_values.run_id IS 'The run.';
COMMENT ON COLUMN pgqrs.run_values.key IS 'The name of the value, 1 to 255 bytes.';
COMMENT ON COLUMN pgqrs.run_values.set_at IS 'The time when it was set last.';
COMMENT ON COLUMN pgqrs.run_values.value IS 'The value.';
COMMENT ON INDEX pgqrs.run_values_pkey IS 'It finds a value of a run.';

-- Whoever causes what a run may wait for adds a row here, and does not touch the run. Those who claim runs
-- of the queue wake the run. The engine walks the rows as it walks messages, so dead ones cost nothing.
CREATE TABLE pgqrs.wakes (
    nr bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    id bigint NOT NULL,
    available_at timestamptz NOT NULL,
    enqueued_at timestamptz NOT NULL,
    queue_id integer NOT NULL
) WITH (
    autovacuum_vacuum_scale_factor = 0.02,
    autovacuum_vacuum_threshold = 1000,
    autovacuum_vacuum_cost_delay = 0
);
CREATE INDEX wakes_order ON pgqrs.wakes (queue_id, available_at, id);
COMMENT ON TABLE pgqrs.wakes IS
    'The runs that may have got what they wait for. Whoever claims runs of the queue looks at them.';
COMMENT ON COLUMN pgqrs.wakes.nr IS 'It identifies the row for logical replication and other tools.';
COMMENT ON COLUMN pgqrs.wakes.id IS
'The run. A negative number is the id of an event, whose waiting runs are to be found.';
COMMENT ON COLUMN pgqrs.wakes.available_at IS
'The time from which it is looked at: that of the cause, or when the run was found to be locked.';
COMMENT ON COLUMN pgqrs.wakes.enqueued_at IS 'The time of the cause.';
COMMENT ON COLUMN pgqrs.wakes.queue_id IS 'The queue that holds the run.';
COMMENT ON INDEX pgqrs.wakes_pkey IS 'It serves logical replication.';
COMMENT ON INDEX pgqrs.wakes_order IS 'It finds those of a queue that are due.';
COMMENT ON SEQUENCE pgqrs.wakes_nr_seq IS 'It gives the rows their numbers.';

CREATE TABLE pgqrs.run_requests (
    id bigint GENERATED ALWAYS AS IDENTITY,
    run_id bigint NOT NULL,
    kind text NOT NULL
        CONSTRAINT run_requests_kind_known CHECK (kind IN ('cancel', 'pause', 'cascade')),
    with_children boolean NOT NULL DEFAULT true,
    requested_at timestamptz NOT NULL,
    requested_by text NOT NULL DEFAULT current_user,
    reason text,
    PRIMARY KEY (run_id, id)
);
CREATE INDEX run_requests_cascades ON pgqrs.run_requests (run_id) WHERE kind = 'cascade';
COMMENT ON TABLE pgqrs.run_requests IS
'What somebody wants of a run that a worker has. The end of the run, or of the pause, removes the rows.
cascade: the children of a run that has ended are still to be cancelled.';
COMMENT ON COLUMN pgqrs.run_requests.id IS 'It tells the requests about a run apart.';
COMMENT ON COLUMN pgqrs.run_requests.run_id IS 'The run.';
COMMENT ON COLUMN pgqrs.run_requests.kind IS 'It is cancel, pause or cascade.';
COMMENT ON COLUMN pgqrs.run_requests.with_children IS
    'Whether a cancellation reaches the children of the run, too.';
COMMENT ON COLUMN pgqrs.run_requests.reason IS 'The reason that was given, or NULL.';
COMMENT ON COLUMN pgqrs.run_requests.requested_by IS 'The role that asked for it.';
COMMENT ON COLUMN pgqrs.run_requests.requested_at IS 'The time of the request.';
COMMENT ON INDEX pgqrs.run_requests_pkey IS 'It finds the requests about a run.';
COMMENT ON INDEX pgqrs.run_requests_cascades IS 'Maintenance finds in it which children are to be cancelled.';
COMMENT ON SEQUENCE pgqrs.run_requests_id_seq IS 'It gives the requests their ids.';

-- A key is valid as long as its scope says; an enqueue that meets one looks, and takes a stale one over.
-- workflow_id 0 is for messages that are no runs.
CREATE TABLE pgqrs.keys (
    queue_id integer NOT NULL,
    workflow_id integer NOT NULL,
    message_id bigint NOT NULL,
    scope text NOT NULL
        CONSTRAINT keys_scope_known CHECK (scope IN ('active', 'period', 'forever')),
    expires_at timestamptz,
    key text NOT NULL,
    input_hash text,
    PRIMARY KEY (queue_id, workflow_id, key)
);
CREATE INDEX keys_message ON pgqrs.keys (message_id);
COMMENT ON TABLE pgqrs.keys IS 'The keys that make starts of workflows idempotent.';
COMMENT ON COLUMN pgqrs.keys.queue_id IS 'The queue.';
COMMENT ON COLUMN pgqrs.keys.workflow_id IS 'The workflow, or 0.';
COMMENT ON COLUMN pgqrs.keys.message_id IS 'The run that was started with the key.';
COMMENT ON COLUMN pgqrs.keys.scope IS
'How long the key counts: while its run is active, until expires_at, or forever.';
COMMENT ON COLUMN pgqrs.keys.expires_at IS 'The end of the period. NULL for the other scopes.';
COMMENT ON COLUMN pgqrs.keys.key IS 'The key, 1 to 255 bytes.';
COMMENT ON COLUMN pgqrs.keys.input_hash IS 'The hash of the input that it was used with.';
COMMENT ON INDEX pgqrs.keys_pkey IS 'It keeps a key of a workflow unique.';
COMMENT ON INDEX pgqrs.keys_message IS 'It finds the keys of runs that are removed.';

SELECT pg_catalog.pg_extension_config_dump('pgqrs.workflows', '');
SELECT pg_catalog.pg_extension_config_dump('pgqrs.workflows_id_seq', '');
SELECT pg_catalog.pg_extension_config_dump('pgqrs.runs', '');
SELECT pg_catalog.pg_extension_config_dump('pgqrs.steps', '');
SELECT pg_catalog.pg_extension_config_dump('pgqrs.signals', '');
SELECT pg_catalog.pg_extension_config_dump('pgqrs.signals_id_seq', '');
SELECT pg_catalog.pg_extension_config_dump('pgqrs.events', '');
SELECT pg_catalog.pg_extension_config_dump('pgqrs.events_id_seq', '');
SELECT pg_catalog.pg_extension_config_dump('pgqrs.waits', '');
SELECT pg_catalog.pg_extension_config_dump('pgqrs.run_values', '');
SELECT pg_catalog.pg_extension_config_dump('pgqrs.wakes', '');
SELECT pg_catalog.pg_extension_config_dump('pgqrs.wakes_nr_seq', '');
SELECT pg_catalog.pg_extension_config_dump('pgqrs.run_requests', '');
SELECT pg_catalog.pg_extension_config_dump('pgqrs.run_requests_id_seq', '');
SELECT pg_catalog.pg_extension_config_dump('pgqrs.keys', '');
