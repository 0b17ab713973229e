-- Types: the rows the functions answer with, and domains that hold for rows inserted by hand.
--
-- Domains instead of CHECK constraints: a CHECK is compiled anew by every UPDATE of the table,
-- also by those that do not touch its column, and a delivery is such an UPDATE.

CREATE DOMAIN pgqrs.priority AS smallint
    CONSTRAINT priority_range CHECK (VALUE BETWEEN -1 AND 9);
COMMENT ON DOMAIN pgqrs.priority IS
'The priority of a message: 0 is delivered first, 9 last. -1 is that of a parked message, which is not
delivered before it is woken.';

CREATE DOMAIN pgqrs.instant AS timestamptz
    CONSTRAINT instant_finite CHECK (isfinite(VALUE));
COMMENT ON DOMAIN pgqrs.instant IS 'A point in time that is not infinite.';

CREATE DOMAIN pgqrs.delivery_count AS integer
    CONSTRAINT delivery_count_range CHECK (VALUE >= 0);
COMMENT ON DOMAIN pgqrs.delivery_count IS 'The number of deliveries of a message.';

CREATE DOMAIN pgqrs.headers AS jsonb
    CONSTRAINT headers_object CHECK (jsonb_typeof(VALUE) = 'object');
COMMENT ON DOMAIN pgqrs.headers IS 'The headers of a message: a JSON object, or NULL.';

CREATE TYPE pgqrs.outcome AS ENUM ('done', 'dead', 'cancelled', 'expired');
COMMENT ON TYPE pgqrs.outcome IS
'The reason why a message left its queue: a consumer finished it (done), it was given up (dead), it was
cancelled, or nobody got it in time (expired).';

CREATE TYPE pgqrs.backoff AS ENUM ('fixed', 'linear', 'exponential');
COMMENT ON TYPE pgqrs.backoff IS
'How the wait grows from one failure of a message to the next. With base for the first wait, the n-th
is base (fixed), n * base (linear) or 2^(n-1) * base (exponential).';

CREATE TYPE pgqrs.failure_result AS ENUM ('retrying', 'dead', 'cancelled', 'lost');
COMMENT ON TYPE pgqrs.failure_result IS
'What became of a message that failed: it is delivered again (retrying), it left the queue (dead, or
cancelled when cancel() had been called), or the call changed nothing because its lease was lost.';

CREATE TYPE pgqrs.cancel_result AS ENUM ('cancelled', 'requested', 'not_found');
COMMENT ON TYPE pgqrs.cancel_result IS
'What cancel() did with a message: it left the queue, the worker that has it was asked to stop, or there
is none of that id in the queue.';

CREATE TYPE pgqrs.worker_state AS ENUM ('ready', 'polling', 'suspended', 'stopped', 'dead');
COMMENT ON TYPE pgqrs.worker_state IS
'The state of a worker: it has registered (ready), it takes messages (polling), it gets none for now
(suspended), it has ended its work (stopped), or it was silent for longer than its lease (dead).';

CREATE TYPE pgqrs.failed_message AS (
    id bigint,
    result pgqrs.failure_result,
    attempt smallint,
    available_at timestamptz
);
COMMENT ON TYPE pgqrs.failed_message IS 'What fail() made of a message.';
COMMENT ON COLUMN pgqrs.failed_message.id IS 'The id of the message.';
COMMENT ON COLUMN pgqrs.failed_message.result IS 'What became of it.';
COMMENT ON COLUMN pgqrs.failed_message.attempt IS
    'The number of its failures, with this one. NULL where the lease was lost.';
COMMENT ON COLUMN pgqrs.failed_message.available_at IS
    'The time from which it is delivered again. NULL unless it is retried.';

CREATE TYPE pgqrs.failure AS (
    id bigint,
    queue text,
    failed_at timestamptz,
    read_ct integer,
    attempt smallint,
    died boolean,
    worker_id bigint,
    worker text,
    error text
);
COMMENT ON TYPE pgqrs.failure IS 'A failure of a message.';
COMMENT ON COLUMN pgqrs.failure.id IS 'The id orders the failures in time.';
COMMENT ON COLUMN pgqrs.failure.queue IS
    'The name of the queue that the message failed in. NULL when it is gone.';
COMMENT ON COLUMN pgqrs.failure.failed_at IS 'The time of the failure.';
COMMENT ON COLUMN pgqrs.failure.read_ct IS 'The number of the delivery that failed.';
COMMENT ON COLUMN pgqrs.failure.attempt IS
    'The number of the failure, counted from the enqueue or the last redrive().';
COMMENT ON COLUMN pgqrs.failure.died IS 'Whether the message was dead with this failure.';
COMMENT ON COLUMN pgqrs.failure.worker_id IS
    'The worker that had the message, if dequeue() named one.';
COMMENT ON COLUMN pgqrs.failure.worker IS 'Its name. NULL when it is not registered any more.';
COMMENT ON COLUMN pgqrs.failure.error IS 'The text that the consumer gave, cut to a bounded length.';

CREATE TYPE pgqrs.retention_rule AS (
    queue text,
    outcome pgqrs.outcome,
    max_age interval,
    max_count bigint
);
COMMENT ON TYPE pgqrs.retention_rule IS 'How long archived messages of a queue are kept.';
COMMENT ON COLUMN pgqrs.retention_rule.queue IS 'The name of the queue.';
COMMENT ON COLUMN pgqrs.retention_rule.outcome IS
    'The outcome of the messages that the rule is about.';
COMMENT ON COLUMN pgqrs.retention_rule.max_age IS
    'Messages that were archived longer ago are removed. NULL means none because of its age.';
COMMENT ON COLUMN pgqrs.retention_rule.max_count IS
'Of more messages than this, those with the lowest ids are removed. NULL means none because of their
number.';

CREATE TYPE pgqrs.dead_letter AS (
    id bigint,
    queue text,
    origin text,
    payload jsonb,
    headers jsonb,
    priority smallint,
    read_ct integer,
    attempt smallint,
    enqueued_at timestamptz,
    died_at timestamptz,
    error text
);
COMMENT ON TYPE pgqrs.dead_letter IS 'A message that was given up.';
COMMENT ON COLUMN pgqrs.dead_letter.id IS 'The id of the message.';
COMMENT ON COLUMN pgqrs.dead_letter.queue IS
    'The dead letter queue that holds it. NULL when it is in the archive.';
COMMENT ON COLUMN pgqrs.dead_letter.origin IS
    'The queue that it died in. NULL when that is gone.';
COMMENT ON COLUMN pgqrs.dead_letter.payload IS 'The JSON value that the producer enqueued.';
COMMENT ON COLUMN pgqrs.dead_letter.headers IS 'A JSON object about the payload, or NULL.';
COMMENT ON COLUMN pgqrs.dead_letter.priority IS 'The priority of the message, 0 to 9.';
COMMENT ON COLUMN pgqrs.dead_letter.read_ct IS 'The number of its deliveries.';
COMMENT ON COLUMN pgqrs.dead_letter.attempt IS 'The number of its failures when it died.';
COMMENT ON COLUMN pgqrs.dead_letter.enqueued_at IS 'The time when it was enqueued.';
COMMENT ON COLUMN pgqrs.dead_letter.died_at IS 'The time when it died.';
COMMENT ON COLUMN pgqrs.dead_letter.error IS 'The last of its failures.';

CREATE TYPE pgqrs.message AS (
    id bigint,
    queue text,
    payload jsonb,
    headers jsonb,
    priority smallint,
    read_ct integer,
    attempt smallint,
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
COMMENT ON COLUMN pgqrs.message.attempt IS
    'The number of failures since the message was enqueued, or sent back by redrive().';
COMMENT ON COLUMN pgqrs.message.enqueued_at IS 'The time when the message was enqueued.';
COMMENT ON COLUMN pgqrs.message.available_at IS 'The time from which the message can be delivered.';
COMMENT ON COLUMN pgqrs.message.vt IS
'The visibility timeout: the lease ends at this time. It is NULL when the message was never leased
or was released.';
COMMENT ON COLUMN pgqrs.message.worker_id IS
    'The worker that got the message last, if dequeue() named one.';

CREATE TYPE pgqrs.next_message AS (
    id bigint,
    queue text,
    payload jsonb,
    headers jsonb,
    priority smallint,
    read_ct integer,
    attempt smallint,
    enqueued_at timestamptz,
    available_at timestamptz,
    vt timestamptz,
    worker_id bigint,
    lost boolean
);
COMMENT ON TYPE pgqrs.next_message IS
'A row of next(): a message that it delivers, or the news that it could not finish one.';
COMMENT ON COLUMN pgqrs.next_message.id IS
    'The id of the message that is delivered, or that could not be finished.';
COMMENT ON COLUMN pgqrs.next_message.queue IS
'The name of the queue. This column and the next ones are as in pgqrs.message; where lost is true,
they are NULL.';
COMMENT ON COLUMN pgqrs.next_message.payload IS 'The JSON value that the producer enqueued.';
COMMENT ON COLUMN pgqrs.next_message.headers IS 'A JSON object about the payload, or NULL.';
COMMENT ON COLUMN pgqrs.next_message.priority IS '0 is delivered first, 9 last.';
COMMENT ON COLUMN pgqrs.next_message.read_ct IS
'The number of deliveries so far. It is the fencing token of a delivery: give it back when you
finish the message.';
COMMENT ON COLUMN pgqrs.next_message.attempt IS
    'The number of failures since the message was enqueued, or sent back by redrive().';
COMMENT ON COLUMN pgqrs.next_message.enqueued_at IS 'The time when the message was enqueued.';
COMMENT ON COLUMN pgqrs.next_message.available_at IS
    'The time from which the message can be delivered.';
COMMENT ON COLUMN pgqrs.next_message.vt IS
    'The visibility timeout: the lease ends at this time.';
COMMENT ON COLUMN pgqrs.next_message.worker_id IS
    'The worker that gets the message, if next() named one.';
COMMENT ON COLUMN pgqrs.next_message.lost IS
'True for a message that next() was told to finish and could not: it is gone, or was delivered again
since the delivery with that read_ct. False for a message that is delivered.';

CREATE TYPE pgqrs.archived_message AS (
    id bigint,
    queue text,
    payload jsonb,
    headers jsonb,
    priority smallint,
    read_ct integer,
    attempt smallint,
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
COMMENT ON COLUMN pgqrs.archived_message.attempt IS
    'The number of failures since the message was enqueued, or sent back by redrive().';
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
    'The reason why the message left: done, dead, cancelled or expired.';

CREATE TYPE pgqrs.worker AS (
    id bigint,
    queue text,
    name text,
    hostname text,
    pid integer,
    metadata jsonb,
    registered_at timestamptz,
    state pgqrs.worker_state,
    lease interval,
    heartbeat_at timestamptz,
    session boolean
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
COMMENT ON COLUMN pgqrs.worker.state IS 'The state of the worker.';
COMMENT ON COLUMN pgqrs.worker.lease IS
    'A worker that gives no sign of life for this long is dead.';
COMMENT ON COLUMN pgqrs.worker.heartbeat_at IS
'The time of the last sign of life that was noted. Calls that count as one note it at most every third of
the lease. Of a stopped worker it is the time when it stopped.';
COMMENT ON COLUMN pgqrs.worker.session IS
    'Whether the worker lives as long as the session that registered it, and gives no signs of life.';

CREATE TYPE pgqrs.worker_health AS (
    queue text,
    ready bigint,
    polling bigint,
    suspended bigint,
    stopped bigint,
    dead bigint,
    oldest_heartbeat_age interval
);
COMMENT ON TYPE pgqrs.worker_health IS 'The workers of a queue, counted by their state.';
COMMENT ON COLUMN pgqrs.worker_health.queue IS 'The name of the queue.';
COMMENT ON COLUMN pgqrs.worker_health.ready IS
    'The number of workers that have registered and taken nothing yet, or were resumed.';
COMMENT ON COLUMN pgqrs.worker_health.polling IS 'The number of workers that take messages.';
COMMENT ON COLUMN pgqrs.worker_health.suspended IS
    'The number of workers that get no messages for now.';
COMMENT ON COLUMN pgqrs.worker_health.stopped IS
    'The number of workers that have ended their work.';
COMMENT ON COLUMN pgqrs.worker_health.dead IS
    'The number of workers that were silent for longer than their lease.';
COMMENT ON COLUMN pgqrs.worker_health.oldest_heartbeat_age IS
'The time since the oldest last sign of life of a worker that is neither stopped nor dead, nor bound to a
session. It is NULL when there is none.';

CREATE TYPE pgqrs.worker_metrics AS (
    worker bigint,
    name text,
    state pgqrs.worker_state,
    heartbeat_age interval,
    in_flight bigint,
    oldest_delivery_age interval,
    oldest_lease_end timestamptz
);
COMMENT ON TYPE pgqrs.worker_metrics IS 'A worker and the messages it has.';
COMMENT ON COLUMN pgqrs.worker_metrics.worker IS 'The id of the worker.';
COMMENT ON COLUMN pgqrs.worker_metrics.name IS 'The name that the worker gave itself.';
COMMENT ON COLUMN pgqrs.worker_metrics.state IS 'The state of the worker.';
COMMENT ON COLUMN pgqrs.worker_metrics.heartbeat_age IS
    'The time since its last sign of life that was noted.';
COMMENT ON COLUMN pgqrs.worker_metrics.in_flight IS
    'The number of messages that it has a lease on. A dead worker has none.';
COMMENT ON COLUMN pgqrs.worker_metrics.oldest_delivery_age IS
    'The time for which it has had the oldest of them. It is NULL when it has none.';
COMMENT ON COLUMN pgqrs.worker_metrics.oldest_lease_end IS
    'The time when the first of these leases ends. It is NULL when it has none.';

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
    measured_at timestamptz,
    parked bigint
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
'The number of messages that are not delivered any more, because they have reached max_deliveries, have
expired or were cancelled, and that have not been taken out of the queue yet. Where
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
popped, purged or moved to a dead letter queue. One that redrive() sends back counts once more.';
COMMENT ON COLUMN pgqrs.metrics.total_finished IS
    'The number of messages ever archived, deleted or popped. Purged messages do not count.';
COMMENT ON COLUMN pgqrs.metrics.exact IS
'Whether every column means exactly what it says. If it is false, messages, archived,
oldest_pending_age and the totals are exact, and each other column means what its description
says.';
COMMENT ON COLUMN pgqrs.metrics.measured_at IS
    'The time of the measurement, by the server''s clock.';
COMMENT ON COLUMN pgqrs.metrics.parked IS
    'Runs of workflows that wait without a time limit.';
