-- Tables, their indexes, and what pg_dump must save of them.

CREATE TABLE pgqrs.queues (
    id integer GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    name text NOT NULL UNIQUE
        CONSTRAINT queues_name_valid
        CHECK (octet_length(name) BETWEEN 1 AND 63 AND name ~ '^[A-Za-z0-9_.-]+$'),
    visibility_timeout interval NOT NULL DEFAULT '30 s'
        CONSTRAINT queues_visibility_timeout_range
        CHECK (visibility_timeout BETWEEN '1 ms' AND '366 days'),
    max_deliveries integer
        CONSTRAINT queues_max_deliveries_range CHECK (max_deliveries >= 1),
    description text,
    max_attempts integer NOT NULL DEFAULT 25
        CONSTRAINT queues_max_attempts_range CHECK (max_attempts BETWEEN 0 AND 32767),
    backoff pgqrs.backoff NOT NULL DEFAULT 'exponential',
    backoff_base interval NOT NULL DEFAULT '1 s',
    backoff_cap interval NOT NULL DEFAULT '1 h',
    backoff_jitter double precision NOT NULL DEFAULT 0.1
        CONSTRAINT queues_backoff_jitter_range CHECK (backoff_jitter BETWEEN 0 AND 1),
    dead_letter_queue text,
    expires_after interval
        CONSTRAINT queues_expires_after_range CHECK (expires_after >= '1 ms'),
    max_messages bigint
        CONSTRAINT queues_max_messages_range CHECK (max_messages BETWEEN 1 AND 1000000000000000),
    enqueue_rate double precision
        CONSTRAINT queues_enqueue_rate_range CHECK (enqueue_rate BETWEEN 0.000001 AND 1000000),
    enqueue_burst integer
        CONSTRAINT queues_enqueue_burst_range CHECK (enqueue_burst >= 1),
    max_payload_bytes integer
        CONSTRAINT queues_max_payload_bytes_range CHECK (max_payload_bytes >= 1),
    max_depth integer
        CONSTRAINT queues_max_depth_range CHECK (max_depth >= 1),
    required_keys text[],
    forbidden_keys text[],
    notify boolean NOT NULL DEFAULT false,
    holds_runs boolean NOT NULL DEFAULT false,
    CONSTRAINT queues_notify_name_fits CHECK (NOT notify OR octet_length(name) <= 57),
    paused_at timestamptz,
    created_at timestamptz NOT NULL DEFAULT clock_timestamp(),
    CONSTRAINT queues_backoff_range
        CHECK (backoff_base >= '0' AND backoff_cap BETWEEN backoff_base AND '366 days'),
    CONSTRAINT queues_dead_letter_queue_differs CHECK (dead_letter_queue <> name),
    CONSTRAINT queues_keys_differ CHECK (NOT required_keys && forbidden_keys)
);
COMMENT ON TABLE pgqrs.queues IS 'The queues, one row each.';
COMMENT ON COLUMN pgqrs.queues.id IS 'The other tables refer to the queue by this number.';
COMMENT ON COLUMN pgqrs.queues.name IS
    'The name: 1 to 63 bytes of A-Z, a-z, 0-9, "_", "." and "-".';
COMMENT ON COLUMN pgqrs.queues.visibility_timeout IS
    'The length of a lease, unless dequeue() asks for another.';
COMMENT ON COLUMN pgqrs.queues.max_deliveries IS
    'A message is delivered at most this many times without being finished. NULL means that there is no
limit.';
COMMENT ON COLUMN pgqrs.queues.max_attempts IS
    'A message that has failed this many times is dead. 0 means that there is no limit.';
COMMENT ON COLUMN pgqrs.queues.backoff IS
    'How the wait grows from one failure of a message to the next.';
COMMENT ON COLUMN pgqrs.queues.backoff_base IS 'The wait after the first failure of a message.';
COMMENT ON COLUMN pgqrs.queues.backoff_cap IS 'No wait after a failure is longer than this.';
COMMENT ON COLUMN pgqrs.queues.backoff_jitter IS
    'The part of a wait that chance may take off, from 0 to 1.';
COMMENT ON COLUMN pgqrs.queues.dead_letter_queue IS
'The name of the queue that gets the dead messages. NULL means that they go to the archive, as they do
when there is no queue of that name any more.';
COMMENT ON COLUMN pgqrs.queues.expires_after IS
'A message that is still waiting so long after its enqueue is not delivered any more. NULL means that
messages do not expire.';
COMMENT ON COLUMN pgqrs.queues.max_messages IS
    'The queue takes no message from a producer above this number. NULL means that there is no limit.';
COMMENT ON COLUMN pgqrs.queues.enqueue_rate IS
'The queue takes so many messages a second from producers in the long run. NULL means that there is no
limit.';
COMMENT ON COLUMN pgqrs.queues.enqueue_burst IS
'With enqueue_rate, the queue takes so many messages at once. NULL means those of a second, and at
least one.';
COMMENT ON COLUMN pgqrs.queues.max_payload_bytes IS
    'The largest payload, before compression. NULL means that pgqrs.max_payload_size alone counts.';
COMMENT ON COLUMN pgqrs.queues.max_depth IS
'How deep a payload may be nested: a scalar, and an empty object or array, has the depth 1. NULL means
that there is no limit.';
COMMENT ON COLUMN pgqrs.queues.required_keys IS
    'The keys that a payload must have, which then has to be an object.';
COMMENT ON COLUMN pgqrs.queues.forbidden_keys IS
    'The keys that no object in a payload may have, at any depth.';
COMMENT ON COLUMN pgqrs.queues.description IS 'The purpose of the queue, in the owner''s words.';
COMMENT ON COLUMN pgqrs.queues.notify IS
    'Whether enqueued messages cause a NOTIFY on the channel pgqrs.<name>.';
COMMENT ON COLUMN pgqrs.queues.holds_runs IS
    'Whether the messages of the queue are runs of workflows. create_workflow() sets it.';
COMMENT ON COLUMN pgqrs.queues.paused_at IS
    'The time since which the queue delivers nothing. It is NULL when the queue is not paused.';
COMMENT ON COLUMN pgqrs.queues.created_at IS 'The time when the queue was created.';

CREATE TABLE pgqrs.workers (
    id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    queue_id integer NOT NULL,
    name text NOT NULL
        CONSTRAINT workers_name_valid CHECK (octet_length(name) BETWEEN 1 AND 63),
    hostname text,
    pid integer,
    metadata jsonb,
    registered_at timestamptz NOT NULL DEFAULT clock_timestamp(),
    state pgqrs.worker_state NOT NULL DEFAULT 'ready',
    lease interval NOT NULL DEFAULT '60 s'
        CONSTRAINT workers_lease_range CHECK (lease BETWEEN '1 s' AND '366 days'),
    heartbeat_at timestamptz NOT NULL DEFAULT clock_timestamp(),
    died_at timestamptz,
    session bigint
);
CREATE INDEX workers_queue ON pgqrs.workers (queue_id, id);
CREATE INDEX workers_dead ON pgqrs.workers (queue_id, id) WHERE state = 'dead';
COMMENT ON INDEX pgqrs.workers_dead IS
    'Every backend that uses a queue finds in it whose leases have ended.';
COMMENT ON INDEX pgqrs.workers_queue IS
    'It serves to list, count and remove the workers of one queue.';
COMMENT ON TABLE pgqrs.workers IS 'The workers that have registered, one row each.';
COMMENT ON COLUMN pgqrs.workers.id IS 'The id of the worker. dequeue(worker => ...) takes it.';
COMMENT ON COLUMN pgqrs.workers.queue_id IS 'The queue that the worker consumes.';
COMMENT ON COLUMN pgqrs.workers.name IS
    'The name that the worker gave itself. Several workers may have the same.';
COMMENT ON COLUMN pgqrs.workers.hostname IS 'The host that the worker runs on, in its own words.';
COMMENT ON COLUMN pgqrs.workers.pid IS 'The worker''s process id on that host.';
COMMENT ON COLUMN pgqrs.workers.metadata IS 'Anything else the worker said about itself.';
COMMENT ON COLUMN pgqrs.workers.registered_at IS 'The time when the worker registered.';
COMMENT ON COLUMN pgqrs.workers.state IS
    'The state of the worker. The leases of a dead one have ended.';
COMMENT ON COLUMN pgqrs.workers.lease IS
    'A worker that gives no sign of life for this long is dead.';
COMMENT ON COLUMN pgqrs.workers.heartbeat_at IS 'The time of the last sign of life that was noted.';
COMMENT ON COLUMN pgqrs.workers.died_at IS
    'The time when reap_workers() found it dead. It is NULL for all others.';
COMMENT ON COLUMN pgqrs.workers.session IS
'The number of the server process that the worker is bound to. NULL means that it gives signs of life
instead.';

-- A row names its role by number and by name, and counts only while both are right. So a role that gets
-- the name or the number of one that was dropped gets nothing with it.
CREATE TABLE pgqrs.grants (
    queue_id integer NOT NULL,
    role text NOT NULL,
    privilege text NOT NULL
        CONSTRAINT grants_privilege_known
        CHECK (privilege IN ('produce', 'consume', 'manage', 'monitor')),
    role_oid oid NOT NULL,
    gave_execute boolean NOT NULL DEFAULT false,
    granted_by text NOT NULL,
    granted_at timestamptz NOT NULL DEFAULT clock_timestamp(),
    PRIMARY KEY (queue_id, role, privilege)
);
COMMENT ON TABLE pgqrs.grants IS 'The rights of roles on queues. grant_queue() writes them.';
COMMENT ON COLUMN pgqrs.grants.queue_id IS 'The queue.';
COMMENT ON COLUMN pgqrs.grants.role IS 'The name of the role.';
COMMENT ON COLUMN pgqrs.grants.privilege IS 'It is produce, consume, manage or monitor.';
COMMENT ON COLUMN pgqrs.grants.role_oid IS
'The number of the role. The grant counts only while the role of this number has this name. The
restore of a dump looks the number up by the name.';
COMMENT ON COLUMN pgqrs.grants.gave_execute IS
'Whether grant_queue() gave the role USAGE of the schema and EXECUTE on functions, so that
revoke_queue() takes them back with the last grant.';
COMMENT ON COLUMN pgqrs.grants.granted_by IS 'The role that called grant_queue().';
COMMENT ON COLUMN pgqrs.grants.granted_at IS 'The time of the grant.';

-- A delivery writes vt, read_ct, worker_id and delivered_at. None of them is indexed, and more than half of
-- each page stays free at first, so that a delivery is a HOT update: no index is written.
CREATE TABLE pgqrs.messages (
    id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    available_at pgqrs.instant NOT NULL DEFAULT clock_timestamp(),
    enqueued_at pgqrs.instant NOT NULL DEFAULT clock_timestamp(),
    queue_id integer NOT NULL,
    read_ct pgqrs.delivery_count NOT NULL DEFAULT 0,
    priority pgqrs.priority NOT NULL DEFAULT 5,
    flags smallint NOT NULL DEFAULT 0,
    attempt smallint NOT NULL DEFAULT 0,
    given_back pgqrs.delivery_count NOT NULL DEFAULT 0,
    vt pgqrs.instant,
    delivered_at pgqrs.instant,
    expires_at pgqrs.instant,
    worker_id bigint,
    max_attempts smallint,
    origin_id integer,
    parked_priority smallint,
    waiting_for pgqrs.run_reason,
    headers pgqrs.headers,
    payload jsonb NOT NULL
) WITH (
    fillfactor = 40,
    autovacuum_vacuum_scale_factor = 0.02,
    autovacuum_vacuum_threshold = 1000,
    autovacuum_vacuum_cost_delay = 0,
    autovacuum_analyze_scale_factor = 0.1,
    autovacuum_analyze_threshold = 5000
);
CREATE INDEX messages_delivery_order ON pgqrs.messages (queue_id, priority, available_at, id);
COMMENT ON TABLE pgqrs.messages IS
    'The messages that are in a queue, in whatever state.';
COMMENT ON COLUMN pgqrs.messages.id IS
    'The id identifies the message among those of all queues, for ever.';
COMMENT ON COLUMN pgqrs.messages.available_at IS
'The time from which the message can be delivered. enqueue() and release() set it; a delivery
leaves it alone.';
COMMENT ON COLUMN pgqrs.messages.enqueued_at IS 'The time when the message was enqueued.';
COMMENT ON COLUMN pgqrs.messages.queue_id IS 'The queue that holds the message.';
COMMENT ON COLUMN pgqrs.messages.read_ct IS 'The number of deliveries so far.';
COMMENT ON COLUMN pgqrs.messages.priority IS
    '0 is delivered first, 9 last. -1 is not delivered before somebody wakes the message.';
COMMENT ON COLUMN pgqrs.messages.flags IS
'What the engine notes about the message, as a sum. 1: a release made it available before its delay was
over. 2: cancel() was called while it was in flight.';
COMMENT ON COLUMN pgqrs.messages.attempt IS
    'The number of failures since the message was enqueued, or sent back by redrive().';
COMMENT ON COLUMN pgqrs.messages.given_back IS
'The number of deliveries that do not count against max_deliveries, because the consumer released or
failed the message.';
COMMENT ON COLUMN pgqrs.messages.vt IS
    'The time when the lease ends. It is NULL when there is no lease.';
COMMENT ON COLUMN pgqrs.messages.delivered_at IS 'The time of the last delivery.';
COMMENT ON COLUMN pgqrs.messages.expires_at IS
    'From this time on the message is not delivered any more. NULL means that it does not expire.';
COMMENT ON COLUMN pgqrs.messages.worker_id IS
    'The worker that got the message last, if dequeue() named one.';
COMMENT ON COLUMN pgqrs.messages.max_attempts IS
'The max_attempts of this message alone; 0 means that there is no limit. NULL means that of its queue.';
COMMENT ON COLUMN pgqrs.messages.origin_id IS
    'In a dead letter queue, the queue that the message comes from. Else it is NULL.';
COMMENT ON COLUMN pgqrs.messages.parked_priority IS
    'The priority that a parked message has when it is woken. Else it is NULL.';
COMMENT ON COLUMN pgqrs.messages.waiting_for IS
    'What a run of a workflow waits for, or was delivered for. NULL for messages that are no runs.';
COMMENT ON COLUMN pgqrs.messages.headers IS 'A JSON object about the payload, or NULL.';
COMMENT ON COLUMN pgqrs.messages.payload IS 'The JSON value that the producer enqueued.';
COMMENT ON INDEX pgqrs.messages_delivery_order IS
    'It holds the order of delivery, and every dequeue walks it. A delivery does not change it.';

CREATE TABLE pgqrs.archive (
    id bigint PRIMARY KEY,
    available_at timestamptz NOT NULL,
    enqueued_at timestamptz NOT NULL,
    queue_id integer NOT NULL,
    read_ct integer NOT NULL,
    priority smallint NOT NULL,
    attempt smallint NOT NULL DEFAULT 0,
    vt timestamptz,
    delivered_at timestamptz,
    worker_id bigint,
    archived_at timestamptz NOT NULL DEFAULT clock_timestamp(),
    processing_duration interval,
    outcome pgqrs.outcome NOT NULL DEFAULT 'done',
    headers jsonb,
    payload jsonb NOT NULL
);
CREATE INDEX archive_queue ON pgqrs.archive (queue_id, id);
CREATE INDEX archive_time ON pgqrs.archive USING brin (archived_at);
COMMENT ON TABLE pgqrs.archive IS
    'The messages that have left their queue. purge_archive() removes them.';
COMMENT ON COLUMN pgqrs.archive.id IS 'The id that the message had in the queue.';
COMMENT ON COLUMN pgqrs.archive.available_at IS 'The value that the message had in the queue.';
COMMENT ON COLUMN pgqrs.archive.enqueued_at IS 'The value that the message had in the queue.';
COMMENT ON COLUMN pgqrs.archive.queue_id IS 'The queue that held the message.';
COMMENT ON COLUMN pgqrs.archive.read_ct IS 'The number of times the message was delivered.';
COMMENT ON COLUMN pgqrs.archive.priority IS 'The value that the message had in the queue.';
COMMENT ON COLUMN pgqrs.archive.attempt IS 'The number of failures of the message.';
COMMENT ON COLUMN pgqrs.archive.vt IS 'The time when the last lease ended, or would have ended.';
COMMENT ON COLUMN pgqrs.archive.delivered_at IS 'The time of the last delivery.';
COMMENT ON COLUMN pgqrs.archive.worker_id IS
    'The worker that got the message last, if dequeue() named one.';
COMMENT ON COLUMN pgqrs.archive.archived_at IS 'The time when the message left the queue.';
COMMENT ON COLUMN pgqrs.archive.processing_duration IS
'The time from the last delivery until the message was archived. It is NULL when the message was
never delivered.';
COMMENT ON COLUMN pgqrs.archive.outcome IS
    'The reason why the message left: done, dead, cancelled or expired.';
COMMENT ON COLUMN pgqrs.archive.headers IS 'The value that the message had in the queue.';
COMMENT ON COLUMN pgqrs.archive.payload IS 'The value that the message had in the queue.';
COMMENT ON INDEX pgqrs.archive_queue IS
    'It serves to count the archive of one queue and to page through it.';
COMMENT ON INDEX pgqrs.archive_time IS
    'It finds what purge_archive() may remove, at almost no cost.';

-- Rows are only added, so that no two transactions wait for each other; now and then a backend sums
-- up what it can lock. The key serves logical replication, which deletes no row without one.
CREATE TABLE pgqrs.departures (
    id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    finished bigint NOT NULL,
    discarded bigint NOT NULL,
    queue_id integer NOT NULL
);
CREATE INDEX departures_queue ON pgqrs.departures (queue_id, id);
COMMENT ON TABLE pgqrs.departures IS
'The number of messages that are in neither messages nor archive any more. The sum over the rows of
a queue counts.';
COMMENT ON COLUMN pgqrs.departures.id IS
    'The id identifies the row for logical replication and other tools.';
COMMENT ON COLUMN pgqrs.departures.finished IS
'The number of messages that were deleted or popped, and of archived messages that were purged or sent
back.';
COMMENT ON COLUMN pgqrs.departures.discarded IS
    'The number of messages that were purged from the queue, or moved to another one.';
COMMENT ON COLUMN pgqrs.departures.queue_id IS 'The queue that held the messages.';
COMMENT ON INDEX pgqrs.departures_queue IS
    'It serves to sum up one queue, from where the last sum ended.';

-- What is known of a message's failures stays apart from the message, so that a delivery does not copy it.
-- It has no foreign key, for the message moves between tables.
CREATE TABLE pgqrs.failures (
    id bigint GENERATED ALWAYS AS IDENTITY,
    message_id bigint NOT NULL,
    failed_at timestamptz NOT NULL DEFAULT clock_timestamp(),
    queue_id integer NOT NULL,
    read_ct integer NOT NULL,
    attempt smallint NOT NULL,
    died boolean NOT NULL DEFAULT false,
    worker_id bigint,
    error text NOT NULL,
    PRIMARY KEY (message_id, id)
);
CREATE INDEX failures_died ON pgqrs.failures (queue_id, message_id) WHERE died;
COMMENT ON TABLE pgqrs.failures IS
'The last failures of the messages that are in a queue or in the archive. Rows of messages that are gone
are removed by and by.';
COMMENT ON COLUMN pgqrs.failures.id IS 'The id orders the failures in time.';
COMMENT ON COLUMN pgqrs.failures.message_id IS 'The message that failed.';
COMMENT ON COLUMN pgqrs.failures.failed_at IS 'The time of the failure.';
COMMENT ON COLUMN pgqrs.failures.queue_id IS 'The queue that the message failed in.';
COMMENT ON COLUMN pgqrs.failures.read_ct IS 'The number of the delivery that failed.';
COMMENT ON COLUMN pgqrs.failures.attempt IS
    'The number of the failure, counted from the enqueue or the last redrive().';
COMMENT ON COLUMN pgqrs.failures.died IS 'Whether the message was dead with this failure.';
COMMENT ON COLUMN pgqrs.failures.worker_id IS
    'The worker that had the message, if dequeue() named one.';
COMMENT ON COLUMN pgqrs.failures.error IS 'The text that the consumer gave, cut to a bounded length.';
COMMENT ON INDEX pgqrs.failures_died IS 'It finds the dead messages of a queue.';
COMMENT ON INDEX pgqrs.failures_pkey IS
    'It serves to show and to bound the failures of a message, and identifies rows for other tools.';
COMMENT ON SEQUENCE pgqrs.failures_id_seq IS 'It gives the rows of failures their ids.';

CREATE TABLE pgqrs.retention (
    queue_id integer NOT NULL,
    outcome pgqrs.outcome NOT NULL,
    max_age interval CONSTRAINT retention_max_age_range CHECK (max_age >= '0'),
    max_count bigint CONSTRAINT retention_max_count_range CHECK (max_count >= 0),
    PRIMARY KEY (queue_id, outcome)
);
COMMENT ON TABLE pgqrs.retention IS
'What maintenance removes from the archive, a row for each queue and outcome that has a rule.';
COMMENT ON COLUMN pgqrs.retention.queue_id IS 'The queue.';
COMMENT ON COLUMN pgqrs.retention.outcome IS 'The outcome of the messages that the rule is about.';
COMMENT ON COLUMN pgqrs.retention.max_age IS
    'Messages that were archived longer ago are removed. NULL means none because of its age.';
COMMENT ON COLUMN pgqrs.retention.max_count IS
'Of more messages than this, those with the lowest ids are removed. NULL means none because of their
number.';
COMMENT ON INDEX pgqrs.retention_pkey IS 'It finds the rules of a queue.';

-- What maintenance remembers from round to round. A dump leaves it out.
CREATE TABLE pgqrs.maintenance (
    duty text PRIMARY KEY,
    queue_id integer,
    position bigint,
    cutoff timestamptz,
    last_at timestamptz,
    last_done bigint NOT NULL DEFAULT 0,
    total_done bigint NOT NULL DEFAULT 0
);
INSERT INTO pgqrs.maintenance (duty)
VALUES ('workers'), ('leaving'), ('retention'), ('failures'), ('departures'), ('counts'),
    ('old_workers'), ('cascade'), ('wakes'), ('runs'), ('vacuum messages'), ('vacuum archive'),
    ('vacuum departures'), ('vacuum failures'), ('vacuum workers');
COMMENT ON TABLE pgqrs.maintenance IS
'What maintenance has done, a row for each of its duties. workers: silent ones were
made dead. leaving: dead, expired and cancelled messages were
taken out of their queues. retention: archived messages were removed. failures: the history of messages that
are gone was removed. departures: rows of pgqrs.departures were replaced by their sum. counts: queues
with max_messages were counted, for the limit is exact then. old_workers: workers that had been dead or
stopped for pgqrs.workers_kept were removed. cascade: children of runs that have ended were cancelled, or
asked to end. wakes: it was looked whether runs have what they wait for. runs:
those whose retention is over were removed. vacuum: a background worker
removed dead rows of that table, because autovacuum was late.';
COMMENT ON COLUMN pgqrs.maintenance.duty IS 'The name of the duty.';
COMMENT ON COLUMN pgqrs.maintenance.queue_id IS
    'The queue that the duty looks at next, if it goes by queues.';
COMMENT ON COLUMN pgqrs.maintenance.position IS
'The id after which the duty looks next. NULL means from the beginning. For a vacuum it is the oldest
transaction that the last one had to respect.';
COMMENT ON COLUMN pgqrs.maintenance.cutoff IS
'What is older than this is dealt with, by a duty that goes through something else first. NULL means that it
is not at it.';
COMMENT ON COLUMN pgqrs.maintenance.last_at IS 'The time when it last did something.';
COMMENT ON COLUMN pgqrs.maintenance.last_done IS 'The number of rows that it dealt with then.';
COMMENT ON COLUMN pgqrs.maintenance.total_done IS
    'The number of rows that it has dealt with since the extension was created.';
COMMENT ON INDEX pgqrs.maintenance_pkey IS 'There is one row for a duty.';

COMMENT ON INDEX pgqrs.queues_pkey IS 'The other tables refer to it.';
COMMENT ON INDEX pgqrs.queues_name_key IS 'It finds a queue by its name, and keeps names unique.';
COMMENT ON INDEX pgqrs.workers_pkey IS 'dequeue(worker => ...) finds the worker in it.';
COMMENT ON INDEX pgqrs.grants_pkey IS 'It finds the grants on a queue.';
COMMENT ON INDEX pgqrs.messages_pkey IS 'It serves to finish messages, and to look at one.';
COMMENT ON INDEX pgqrs.archive_pkey IS 'It serves to look at one message.';
COMMENT ON INDEX pgqrs.departures_pkey IS
    'It identifies rows for logical replication and other tools.';
COMMENT ON SEQUENCE pgqrs.queues_id_seq IS 'It gives queues their ids.';
COMMENT ON SEQUENCE pgqrs.workers_id_seq IS 'It gives workers their ids.';
COMMENT ON SEQUENCE pgqrs.messages_id_seq IS 'It gives the messages of all queues their ids.';
COMMENT ON SEQUENCE pgqrs.departures_id_seq IS 'It gives the rows of departures their ids.';

SELECT pg_catalog.pg_extension_config_dump('pgqrs.queues', '');
SELECT pg_catalog.pg_extension_config_dump('pgqrs.queues_id_seq', '');
SELECT pg_catalog.pg_extension_config_dump('pgqrs.workers', '');
SELECT pg_catalog.pg_extension_config_dump('pgqrs.workers_id_seq', '');
SELECT pg_catalog.pg_extension_config_dump('pgqrs.grants', '');
SELECT pg_catalog.pg_extension_config_dump('pgqrs.messages', '');
SELECT pg_catalog.pg_extension_config_dump('pgqrs.messages_id_seq', '');
SELECT pg_catalog.pg_extension_config_dump('pgqrs.archive', '');
SELECT pg_catalog.pg_extension_config_dump('pgqrs.retention', '');
SELECT pg_catalog.pg_extension_config_dump('pgqrs.failures', '');
SELECT pg_catalog.pg_extension_config_dump('pgqrs.failures_id_seq', '');
SELECT pg_catalog.pg_extension_config_dump('pgqrs.departures', '');
SELECT pg_catalog.pg_extension_config_dump('pgqrs.departures_id_seq', '');
