-- Types: the rows the functions answer with, and domains that hold for rows inserted by hand.
--
-- Domains instead of CHECK constraints: a CHECK is compiled anew by every UPDATE of the table,
-- also by those that do not touch its column, and a delivery is such an UPDATE.

CREATE DOMAIN pgqrs.priority AS smallint
    CONSTRAINT priority_range CHECK (VALUE BETWEEN 0 AND 9);
COMMENT ON DOMAIN pgqrs.priority IS 'Priority of a message: 0 is delivered first, 9 last.';

CREATE DOMAIN pgqrs.instant AS timestamptz
    CONSTRAINT instant_finite CHECK (isfinite(VALUE));
COMMENT ON DOMAIN pgqrs.instant IS 'A point in time that is not infinite.';

CREATE DOMAIN pgqrs.delivery_count AS integer
    CONSTRAINT delivery_count_range CHECK (VALUE >= 0);
COMMENT ON DOMAIN pgqrs.delivery_count IS 'How often a message was delivered.';

CREATE DOMAIN pgqrs.headers AS jsonb
    CONSTRAINT headers_object CHECK (jsonb_typeof(VALUE) = 'object');
COMMENT ON DOMAIN pgqrs.headers IS 'Headers of a message: a JSON object, or NULL.';

CREATE TYPE pgqrs.outcome AS ENUM ('done', 'dead', 'cancelled');
COMMENT ON TYPE pgqrs.outcome IS
'Why a message left its queue: done (finished by a consumer), dead (given up) or cancelled.';

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
COMMENT ON TYPE pgqrs.message IS 'A message of a queue, as delivered or looked at.';
COMMENT ON COLUMN pgqrs.message.id IS 'Identifies the message in all queues, for ever.';
COMMENT ON COLUMN pgqrs.message.queue IS 'Name of the queue.';
COMMENT ON COLUMN pgqrs.message.payload IS 'What the producer enqueued.';
COMMENT ON COLUMN pgqrs.message.headers IS 'A JSON object about the payload, or NULL.';
COMMENT ON COLUMN pgqrs.message.priority IS '0 is delivered first, 9 last.';
COMMENT ON COLUMN pgqrs.message.read_ct IS
    'Deliveries so far. That of a delivery is its fencing token: give it back when finishing.';
COMMENT ON COLUMN pgqrs.message.enqueued_at IS 'When the message was enqueued.';
COMMENT ON COLUMN pgqrs.message.available_at IS 'When the message could first be delivered.';
COMMENT ON COLUMN pgqrs.message.vt IS
'Visibility timeout: end of the lease. NULL when the message was never leased or was released.';
COMMENT ON COLUMN pgqrs.message.worker_id IS 'The worker it was last delivered to, if it said so.';

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
    'A message that left its queue, as the archive keeps it.';
COMMENT ON COLUMN pgqrs.archived_message.id IS 'The id it had in the queue.';
COMMENT ON COLUMN pgqrs.archived_message.queue IS 'Name of the queue.';
COMMENT ON COLUMN pgqrs.archived_message.payload IS 'What the producer enqueued.';
COMMENT ON COLUMN pgqrs.archived_message.headers IS 'A JSON object about the payload, or NULL.';
COMMENT ON COLUMN pgqrs.archived_message.priority IS 'Its priority, 0 to 9.';
COMMENT ON COLUMN pgqrs.archived_message.read_ct IS 'How often it was delivered.';
COMMENT ON COLUMN pgqrs.archived_message.enqueued_at IS 'When it was enqueued.';
COMMENT ON COLUMN pgqrs.archived_message.available_at IS 'When it could first be delivered.';
COMMENT ON COLUMN pgqrs.archived_message.vt IS 'End of its last lease.';
COMMENT ON COLUMN pgqrs.archived_message.worker_id IS 'The worker it was last delivered to.';
COMMENT ON COLUMN pgqrs.archived_message.archived_at IS 'When it left the queue.';
COMMENT ON COLUMN pgqrs.archived_message.processing_duration IS
    'From its last delivery until it was archived; NULL when it was never delivered.';
COMMENT ON COLUMN pgqrs.archived_message.outcome IS 'Why it left: done, dead or cancelled.';

CREATE TYPE pgqrs.worker AS (
    id bigint,
    queue text,
    name text,
    hostname text,
    pid integer,
    metadata jsonb,
    registered_at timestamptz
);
COMMENT ON TYPE pgqrs.worker IS 'A registered worker.';
COMMENT ON COLUMN pgqrs.worker.id IS 'What dequeue(worker => ...) takes.';
COMMENT ON COLUMN pgqrs.worker.queue IS 'Name of the queue it consumes.';
COMMENT ON COLUMN pgqrs.worker.name IS 'Name the worker gave itself; need not be unique.';
COMMENT ON COLUMN pgqrs.worker.hostname IS 'Host it runs on, in its own words.';
COMMENT ON COLUMN pgqrs.worker.pid IS 'Its process id on that host.';
COMMENT ON COLUMN pgqrs.worker.metadata IS 'Anything else about the worker.';
COMMENT ON COLUMN pgqrs.worker.registered_at IS 'When it registered.';

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
'What is in a queue. Where exact is false, some columns mean something that is known without looking
at every message.';
COMMENT ON COLUMN pgqrs.metrics.queue IS 'Name of the queue.';
COMMENT ON COLUMN pgqrs.metrics.paused IS 'Whether the queue delivers nothing for now.';
COMMENT ON COLUMN pgqrs.metrics.messages IS 'Messages in the queue, in whatever state.';
COMMENT ON COLUMN pgqrs.metrics.pending IS
'Messages that can be delivered now. Not exact: those neither in flight nor delayed.';
COMMENT ON COLUMN pgqrs.metrics.in_flight IS
'Messages under a lease that has not run out. Not exact: a lease that has run out counts until the
message is delivered again or released.';
COMMENT ON COLUMN pgqrs.metrics.delayed IS
'Messages that become available later. Not exact: a delay that has passed counts until the message
is delivered.';
COMMENT ON COLUMN pgqrs.metrics.exhausted IS
'Messages that reached max_deliveries and are not delivered any more. Not exact: NULL; they count as
in flight, or as pending after release().';
COMMENT ON COLUMN pgqrs.metrics.archived IS 'Messages in the archive.';
COMMENT ON COLUMN pgqrs.metrics.oldest_pending_age IS
'How long the longest waiting pending message has been available; NULL when none is pending.';
COMMENT ON COLUMN pgqrs.metrics.newest_enqueued_at IS
    'When the newest message still in the queue was enqueued; NULL when there is none. Not exact: the
newest ever, as far as known since the start of the server.';
COMMENT ON COLUMN pgqrs.metrics.total_enqueued IS
    'Messages ever enqueued: those in the queue, archived, deleted, popped and purged.';
COMMENT ON COLUMN pgqrs.metrics.total_finished IS
    'Messages ever archived, deleted or popped; purged ones do not count.';
COMMENT ON COLUMN pgqrs.metrics.exact IS
'Whether all columns mean exactly what they say. If false, messages, archived, oldest_pending_age and
the totals do, and the others what their descriptions say.';
COMMENT ON COLUMN pgqrs.metrics.measured_at IS 'When this was measured, by the server''s clock.';
