-- Types: the rows the functions answer with, and domains that hold for rows inserted by hand.
--
-- Domains instead of CHECK constraints: a CHECK is compiled anew by every UPDATE of the table,
-- also by those that do not touch its column, and a delivery is such an UPDATE.

CREATE DOMAIN pgqrs.priority AS smallint
    CONSTRAINT priority_range CHECK (VALUE BETWEEN 0 AND 9);
COMMENT ON DOMAIN pgqrs.priority IS 'The priority of a message: 0 is delivered first, 9 last.';

CREATE DOMAIN pgqrs.instant AS timestamptz
    CONSTRAINT instant_finite CHECK (isfinite(VALUE));
COMMENT ON DOMAIN pgqrs.instant IS 'A point in time that is not infinite.';

CREATE DOMAIN pgqrs.delivery_count AS integer
    CONSTRAINT delivery_count_range CHECK (VALUE >= 0);
COMMENT ON DOMAIN pgqrs.delivery_count IS 'The number of deliveries of a message.';

CREATE DOMAIN pgqrs.headers AS jsonb
    CONSTRAINT headers_object CHECK (jsonb_typeof(VALUE) = 'object');
COMMENT ON DOMAIN pgqrs.headers IS 'The headers of a message: a JSON object, or NULL.';

CREATE TYPE pgqrs.outcome AS ENUM ('done', 'dead', 'cancelled');
COMMENT ON TYPE pgqrs.outcome IS
'The reason why a message left its queue: a consumer finished it (done), it was given up (dead), or
it was cancelled.';

CREATE TYPE pgqrs.message AS (
    id bigint,
    queue text,
    payload jsonb,
    headers jsonb,
    priority smallint,
    read_ct integer,
    enqueued_at timestamptz,
    available_at timestamptz,
    vt timestamptz,
    worker_id bigint
);
COMMENT ON TYPE pgqrs.message IS 'A message of a queue, as a consumer gets it or looks at it.';
COMMENT ON COLUMN pgqrs.message.id IS
    'The id identifies the message among those of all queues, for ever.';
COMMENT ON COLUMN pgqrs.message.queue IS 'The name of the queue.';
COMMENT ON COLUMN pgqrs.message.payload IS 'The JSON value that the producer enqueued.';
COMMENT ON COLUMN pgqrs.message.headers IS 'A JSON object about the payload, or NULL.';
COMMENT ON COLUMN pgqrs.message.priority IS '0 is delivered first, 9 last.';
COMMENT ON COLUMN pgqrs.message.read_ct IS
'The number of deliveries so far. It is the fencing token of a delivery: give it back when you
finish the message.';
COMMENT ON COLUMN pgqrs.message.enqueued_at IS 'The time when the message was enqueued.';
COMMENT ON COLUMN pgqrs.message.available_at IS 'The time from which the message can be delivered.';
COMMENT ON COLUMN pgqrs.message.vt IS
'The visibility timeout: the lease ends at this time. It is NULL when the message was never leased
or was released.';
COMMENT ON COLUMN pgqrs.message.worker_id IS
    'The worker that got the message last, if dequeue() named one.';

CREATE TYPE pgqrs.archived_message AS (
    id bigint,
    queue text,
    payload jsonb,
    headers jsonb,
    priority smallint,
    read_ct integer,
    enqueued_at timestamptz,
    available_at timestamptz,
    vt timestamptz,
    worker_id bigint,
    archived_at timestamptz,
    processing_duration interval,
    outcome pgqrs.outcome
);
COMMENT ON TYPE pgqrs.archived_message IS
    'A message that has left its queue, as the archive keeps it.';
COMMENT ON COLUMN pgqrs.archived_message.id IS 'The id that the message had in the queue.';
COMMENT ON COLUMN pgqrs.archived_message.queue IS 'The name of the queue.';
COMMENT ON COLUMN pgqrs.archived_message.payload IS 'The JSON value that the producer enqueued.';
COMMENT ON COLUMN pgqrs.archived_message.headers IS 'A JSON object about the payload, or NULL.';
COMMENT ON COLUMN pgqrs.archived_message.priority IS 'The priority that the message had, 0 to 9.';
COMMENT ON COLUMN pgqrs.archived_message.read_ct IS
    'The number of times the message was delivered.';
COMMENT ON COLUMN pgqrs.archived_message.enqueued_at IS 'The time when the message was enqueued.';
COMMENT ON COLUMN pgqrs.archived_message.available_at IS
    'The time from which the message could be delivered.';
COMMENT ON COLUMN pgqrs.archived_message.vt IS
    'The time when the last lease ended, or would have ended.';
COMMENT ON COLUMN pgqrs.archived_message.worker_id IS
    'The worker that got the message last, if dequeue() named one.';
COMMENT ON COLUMN pgqrs.archived_message.archived_at IS 'The time when the message left the queue.';
COMMENT ON COLUMN pgqrs.archived_message.processing_duration IS
'The time from the last delivery until the message was archived. It is NULL when the message was
never delivered.';
COMMENT ON COLUMN pgqrs.archived_message.outcome IS
    'The reason why the message left: done, dead or cancelled.';

CREATE TYPE pgqrs.worker AS (
    id bigint,
    queue text,
    name text,
    hostname text,
    pid integer,
    metadata jsonb,
    registered_at timestamptz
);
COMMENT ON TYPE pgqrs.worker IS 'A worker that has registered.';
COMMENT ON COLUMN pgqrs.worker.id IS 'The id of the worker. dequeue(worker => ...) takes it.';
COMMENT ON COLUMN pgqrs.worker.queue IS 'The name of the queue that the worker consumes.';
COMMENT ON COLUMN pgqrs.worker.name IS
    'The name that the worker gave itself. Several workers may have the same.';
COMMENT ON COLUMN pgqrs.worker.hostname IS 'The host that the worker runs on, in its own words.';
COMMENT ON COLUMN pgqrs.worker.pid IS 'The worker''s process id on that host.';
COMMENT ON COLUMN pgqrs.worker.metadata IS 'Anything else the worker said about itself.';
COMMENT ON COLUMN pgqrs.worker.registered_at IS 'The time when the worker registered.';

CREATE TYPE pgqrs.queue_grant AS (
    queue text,
    role text,
    privilege text,
    valid boolean,
    granted_by text,
    granted_at timestamptz
);
COMMENT ON TYPE pgqrs.queue_grant IS 'A right of a role on a queue.';
COMMENT ON COLUMN pgqrs.queue_grant.queue IS 'The name of the queue.';
COMMENT ON COLUMN pgqrs.queue_grant.role IS 'The name of the role.';
COMMENT ON COLUMN pgqrs.queue_grant.privilege IS 'It is produce, consume, manage or monitor.';
COMMENT ON COLUMN pgqrs.queue_grant.valid IS
'Whether the grant counts. It does not when the role was dropped or renamed since.';
COMMENT ON COLUMN pgqrs.queue_grant.granted_by IS 'The role that called grant_queue().';
COMMENT ON COLUMN pgqrs.queue_grant.granted_at IS 'The time of the grant.';

CREATE TYPE pgqrs.metrics AS (
    queue text,
    paused boolean,
    messages bigint,
    pending bigint,
    in_flight bigint,
    delayed bigint,
    exhausted bigint,
    archived bigint,
    oldest_pending_age interval,
    newest_enqueued_at timestamptz,
    total_enqueued bigint,
    total_finished bigint,
    exact boolean,
    measured_at timestamptz
);
COMMENT ON TYPE pgqrs.metrics IS
'What a queue holds. Where exact is false, some columns count something that is known without a
look at every message.';
COMMENT ON COLUMN pgqrs.metrics.queue IS 'The name of the queue.';
COMMENT ON COLUMN pgqrs.metrics.paused IS
    'Whether the queue is paused. A paused queue delivers nothing.';
COMMENT ON COLUMN pgqrs.metrics.messages IS 'The number of messages in the queue, in any state.';
COMMENT ON COLUMN pgqrs.metrics.pending IS
'The number of messages that can be delivered now. Where exact is false, it counts the messages
that are neither in flight nor delayed.';
COMMENT ON COLUMN pgqrs.metrics.in_flight IS
'The number of messages under a lease that has not run out. Where exact is false, a lease that has
run out counts until the message is delivered again or released.';
COMMENT ON COLUMN pgqrs.metrics.delayed IS
'The number of messages that become available later. Where exact is false, a delay that has passed
counts until the message is delivered.';
COMMENT ON COLUMN pgqrs.metrics.exhausted IS
'The number of messages that have reached max_deliveries and are not delivered any more. Where
exact is false, it is NULL: these messages count as in flight, or as pending after release().';
COMMENT ON COLUMN pgqrs.metrics.archived IS 'The number of messages in the archive.';
COMMENT ON COLUMN pgqrs.metrics.oldest_pending_age IS
'The time for which the longest waiting pending message has been available. It is NULL when no
message is pending.';
COMMENT ON COLUMN pgqrs.metrics.newest_enqueued_at IS
'The time when the newest message in the queue was enqueued. It is NULL when the queue is empty.
Where exact is false, it is the time of the newest message ever, as far as that is known since the
server started.';
COMMENT ON COLUMN pgqrs.metrics.total_enqueued IS
'The number of messages ever enqueued: those in the queue, and those that were archived, deleted,
popped or purged.';
COMMENT ON COLUMN pgqrs.metrics.total_finished IS
    'The number of messages ever archived, deleted or popped. Purged messages do not count.';
COMMENT ON COLUMN pgqrs.metrics.exact IS
'Whether every column means exactly what it says. If it is false, messages, archived,
oldest_pending_age and the totals are exact, and each other column means what its description
says.';
COMMENT ON COLUMN pgqrs.metrics.measured_at IS
    'The time of the measurement, by the server''s clock.';
