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
    notify boolean NOT NULL DEFAULT false,
    CONSTRAINT queues_notify_name_fits CHECK (NOT notify OR octet_length(name) <= 57),
    paused_at timestamptz,
    created_at timestamptz NOT NULL DEFAULT clock_timestamp()
);
COMMENT ON TABLE pgqrs.queues IS 'The queues.';
COMMENT ON COLUMN pgqrs.queues.id IS 'Number of the queue in the other tables.';
COMMENT ON COLUMN pgqrs.queues.name IS 'Name: 1 to 63 bytes of A-Z, a-z, 0-9, "_", "." and "-".';
COMMENT ON COLUMN pgqrs.queues.visibility_timeout IS
    'Length of a lease unless dequeue says another.';
COMMENT ON COLUMN pgqrs.queues.max_deliveries IS
    'A message is delivered at most this many times; NULL for no limit.';
COMMENT ON COLUMN pgqrs.queues.description IS 'What the queue is for, in the owner''s words.';
COMMENT ON COLUMN pgqrs.queues.notify IS
    'Whether enqueued messages cause a NOTIFY on the channel pgqrs.<name>.';
COMMENT ON COLUMN pgqrs.queues.paused_at IS
    'Since when the queue delivers nothing; NULL when it does.';
COMMENT ON COLUMN pgqrs.queues.created_at IS 'When the queue was created.';

CREATE TABLE pgqrs.workers (
    id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    queue_id integer NOT NULL,
    name text NOT NULL
        CONSTRAINT workers_name_valid CHECK (octet_length(name) BETWEEN 1 AND 63),
    hostname text,
    pid integer,
    metadata jsonb,
    registered_at timestamptz NOT NULL DEFAULT clock_timestamp()
);
CREATE INDEX workers_queue ON pgqrs.workers (queue_id, id);
COMMENT ON INDEX pgqrs.workers_queue IS 'Listing, counting and removing one queue''s workers.';
COMMENT ON TABLE pgqrs.workers IS 'Processes that said they consume a queue.';
COMMENT ON COLUMN pgqrs.workers.id IS 'What dequeue(worker => ...) takes.';
COMMENT ON COLUMN pgqrs.workers.queue_id IS 'The queue it consumes.';
COMMENT ON COLUMN pgqrs.workers.name IS 'Name the worker gave itself; need not be unique.';
COMMENT ON COLUMN pgqrs.workers.hostname IS 'Host it runs on, in its own words.';
COMMENT ON COLUMN pgqrs.workers.pid IS 'Its process id on that host.';
COMMENT ON COLUMN pgqrs.workers.metadata IS 'Anything else about the worker.';
COMMENT ON COLUMN pgqrs.workers.registered_at IS 'When it registered.';

-- A delivery writes vt, read_ct, worker_id and delivered_at. None of them is indexed, and more than half of
-- each page stays free at first, so that a delivery is a HOT update: no index is written.
CREATE TABLE pgqrs.messages (
    id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    available_at pgqrs.instant NOT NULL DEFAULT clock_timestamp(),
    enqueued_at pgqrs.instant NOT NULL DEFAULT clock_timestamp(),
    queue_id integer NOT NULL,
    read_ct pgqrs.delivery_count NOT NULL DEFAULT 0,
    priority pgqrs.priority NOT NULL DEFAULT 5,
    vt pgqrs.instant,
    delivered_at pgqrs.instant,
    worker_id bigint,
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
COMMENT ON TABLE pgqrs.messages IS 'Messages that are waiting, delayed or in flight.';
COMMENT ON COLUMN pgqrs.messages.id IS 'Identifies the message in all queues, for ever.';
COMMENT ON COLUMN pgqrs.messages.available_at IS
'When it can first be delivered. Set when it is enqueued or delayed anew, not by a delivery.';
COMMENT ON COLUMN pgqrs.messages.enqueued_at IS 'When it was enqueued.';
COMMENT ON COLUMN pgqrs.messages.queue_id IS 'The queue it is in.';
COMMENT ON COLUMN pgqrs.messages.read_ct IS 'Deliveries so far.';
COMMENT ON COLUMN pgqrs.messages.priority IS '0 is delivered first, 9 last.';
COMMENT ON COLUMN pgqrs.messages.vt IS 'End of the lease; NULL without one.';
COMMENT ON COLUMN pgqrs.messages.delivered_at IS 'When it was last delivered.';
COMMENT ON COLUMN pgqrs.messages.worker_id IS 'The worker it was last delivered to.';
COMMENT ON COLUMN pgqrs.messages.headers IS 'A JSON object about the payload.';
COMMENT ON COLUMN pgqrs.messages.payload IS 'What the producer enqueued.';
COMMENT ON INDEX pgqrs.messages_delivery_order IS
    'The order of delivery; every dequeue walks it. A delivery does not change it.';

CREATE TABLE pgqrs.archive (
    id bigint PRIMARY KEY,
    available_at timestamptz NOT NULL,
    enqueued_at timestamptz NOT NULL,
    queue_id integer NOT NULL,
    read_ct integer NOT NULL,
    priority smallint NOT NULL,
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
COMMENT ON TABLE pgqrs.archive IS 'Messages that left their queue, kept until purge_archive().';
COMMENT ON COLUMN pgqrs.archive.id IS 'The id it had in the queue.';
COMMENT ON COLUMN pgqrs.archive.available_at IS 'As in the queue.';
COMMENT ON COLUMN pgqrs.archive.enqueued_at IS 'As in the queue.';
COMMENT ON COLUMN pgqrs.archive.queue_id IS 'The queue it was in.';
COMMENT ON COLUMN pgqrs.archive.read_ct IS 'How often it was delivered.';
COMMENT ON COLUMN pgqrs.archive.priority IS 'As in the queue.';
COMMENT ON COLUMN pgqrs.archive.vt IS 'End of its last lease.';
COMMENT ON COLUMN pgqrs.archive.delivered_at IS 'When it was last delivered.';
COMMENT ON COLUMN pgqrs.archive.worker_id IS 'The worker it was last delivered to.';
COMMENT ON COLUMN pgqrs.archive.archived_at IS 'When it left the queue.';
COMMENT ON COLUMN pgqrs.archive.processing_duration IS
    'From its last delivery until it was archived; NULL when it was never delivered.';
COMMENT ON COLUMN pgqrs.archive.outcome IS 'Why it left: done, dead or cancelled.';
COMMENT ON COLUMN pgqrs.archive.headers IS 'As in the queue.';
COMMENT ON COLUMN pgqrs.archive.payload IS 'As in the queue.';
COMMENT ON INDEX pgqrs.archive_queue IS 'Counting and paging through one queue''s archive.';
COMMENT ON INDEX pgqrs.archive_time IS
    'Finding what purge_archive() may remove, at almost no cost.';

-- Rows are only added, so that no two transactions wait for each other; now and then a backend sums
-- up what it can lock.
CREATE TABLE pgqrs.departures (
    queue_id integer NOT NULL,
    finished bigint NOT NULL,
    discarded bigint NOT NULL
);
CREATE INDEX departures_queue ON pgqrs.departures (queue_id);
COMMENT ON TABLE pgqrs.departures IS
'Counts of messages that are gone from both messages and archive; the sum over a queue''s rows
counts.';
COMMENT ON COLUMN pgqrs.departures.queue_id IS 'The queue they were in.';
COMMENT ON COLUMN pgqrs.departures.finished IS
    'Deleted and popped ones, and archived ones purged.';
COMMENT ON COLUMN pgqrs.departures.discarded IS 'Messages purged from the queue.';
COMMENT ON INDEX pgqrs.departures_queue IS 'Summing up one queue.';

COMMENT ON INDEX pgqrs.queues_pkey IS 'What the other tables refer to.';
COMMENT ON INDEX pgqrs.queues_name_key IS 'Look-up by name; one queue of a name.';
COMMENT ON INDEX pgqrs.workers_pkey IS 'Look-up by dequeue(worker => ...).';
COMMENT ON INDEX pgqrs.messages_pkey IS 'Finishing, and looking at one message.';
COMMENT ON INDEX pgqrs.archive_pkey IS 'Looking at one message.';
COMMENT ON SEQUENCE pgqrs.queues_id_seq IS 'Ids of queues.';
COMMENT ON SEQUENCE pgqrs.workers_id_seq IS 'Ids of workers.';
COMMENT ON SEQUENCE pgqrs.messages_id_seq IS 'Ids of messages, of all queues.';

SELECT pg_catalog.pg_extension_config_dump('pgqrs.queues', '');
SELECT pg_catalog.pg_extension_config_dump('pgqrs.queues_id_seq', '');
SELECT pg_catalog.pg_extension_config_dump('pgqrs.workers', '');
SELECT pg_catalog.pg_extension_config_dump('pgqrs.workers_id_seq', '');
SELECT pg_catalog.pg_extension_config_dump('pgqrs.messages', '');
SELECT pg_catalog.pg_extension_config_dump('pgqrs.messages_id_seq', '');
SELECT pg_catalog.pg_extension_config_dump('pgqrs.archive', '');
SELECT pg_catalog.pg_extension_config_dump('pgqrs.departures', '');
