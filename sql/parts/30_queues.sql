-- Queues: creating, changing, removing, pausing.

CREATE FUNCTION pgqrs.create_queue(
    queue text,
    visibility_timeout interval DEFAULT '30 s',
    max_deliveries bigint DEFAULT NULL,
    description text DEFAULT NULL,
    if_not_exists boolean DEFAULT false,
    notify boolean DEFAULT false,
    max_attempts bigint DEFAULT 25,
    backoff text DEFAULT 'exponential',
    backoff_base interval DEFAULT '1 s',
    backoff_cap interval DEFAULT '1 h',
    backoff_jitter double precision DEFAULT 0.1,
    dead_letter_queue text DEFAULT NULL,
    expires_after interval DEFAULT NULL,
    max_messages bigint DEFAULT NULL,
    enqueue_rate double precision DEFAULT NULL,
    enqueue_burst bigint DEFAULT NULL,
    max_payload_bytes bigint DEFAULT NULL,
    max_depth bigint DEFAULT NULL,
    required_keys text[] DEFAULT NULL,
    forbidden_keys text[] DEFAULT NULL
) RETURNS pgqrs.queues
    LANGUAGE c VOLATILE PARALLEL UNSAFE
    AS 'MODULE_PATHNAME', 'pgqrs_create_queue';
COMMENT ON FUNCTION pgqrs.create_queue(
    text, interval, bigint, text, boolean, boolean, bigint, text, interval, interval,
    double precision, text, interval, bigint, double precision, bigint, bigint, bigint, text[], text[]) IS
'Creates a queue and returns its row.
visibility_timeout: the length of a lease when dequeue() names none, 1 ms to 366 days.
max_deliveries: a message that was delivered this many times without being finished is dead. NULL
means that there is no limit.
description: the purpose of the queue, in your words.
if_not_exists: an existing queue is returned as it is.
notify: enqueued messages cause a NOTIFY on the channel pgqrs.<queue>, one for many, when they can
be delivered at the commit. A delayed message that comes due causes none.
max_attempts: a message that has failed this many times is dead, 0 to 32767. 0 means no limit.
backoff: how the wait grows from one fail() of a message to the next. With base for backoff_base, the
n-th wait is base (fixed), n * base (linear) or 2^(n-1) * base (exponential).
backoff_cap: no wait is longer, at most 366 days.
backoff_jitter: the part of a wait that chance may take off, from 0 to 1.
dead_letter_queue: the existing queue that gets the dead messages. NULL means the archive.
expires_after: a message that is still waiting so long after its enqueue leaves with the outcome
expired, 1 ms to 366 days. NULL means that messages do not expire.
max_messages: an enqueue that would make more raises PQ012. Every message in the queue counts, whatever
its state. What redrive() or a failure moves here counts, too, and is never refused. With pgqrs in
shared_preload_libraries producers never exceed it, not even for a moment, as soon as the queue has been
counted once, which an enqueue or maintenance does. Otherwise each session counts up to the limit, at the
latest after a second or a hundredth of the limit, so that many sessions at once can exceed it by as much.
What a transaction deletes makes room for itself at once, and for others when it commits. A rollback, also
one to a savepoint, gives room back at once.
enqueue_rate: the queue takes so many messages a second in the long run, 0.000001 to 1000000. An enqueue
beyond it raises PQ006, and the detail says when to retry. What was rolled back counts. It needs pgqrs in
shared_preload_libraries (0A000 otherwise), and begins anew when the server starts.
enqueue_burst: after a pause it takes so many at once. A larger batch passes when nothing was enqueued for
as long as that takes to fill, and those that follow wait the longer. NULL means those of a second, and at least one.
max_payload_bytes, max_depth, required_keys, forbidden_keys: rules for payloads, as those of the C++
client. A payload that breaks one raises PQ005, and the error names the rule. The size is that of the jsonb
value before compression. A scalar, and an empty object or array, has the depth 1. With required_keys a
payload must be an object that has them. forbidden_keys count at any depth. Each list has at most 100
keys. Rows inserted by hand are not checked.
Raises PQ002 when the dead letter queue does not exist, PQ003 when the queue exists, PQ004 for an invalid name, PQ010 for an invalid setting.';

CREATE FUNCTION pgqrs.get_queue(queue text) RETURNS pgqrs.queues
    LANGUAGE c VOLATILE PARALLEL UNSAFE
    AS 'MODULE_PATHNAME', 'pgqrs_get_queue';
COMMENT ON FUNCTION pgqrs.get_queue(text) IS
'Returns the row of a queue.
Raises PQ002 when there is none.';

CREATE FUNCTION pgqrs.get_queue_by_id(id bigint) RETURNS SETOF pgqrs.queues
    LANGUAGE c STABLE PARALLEL UNSAFE ROWS 1
    AS 'MODULE_PATHNAME', 'pgqrs_get_queue_by_id';
COMMENT ON FUNCTION pgqrs.get_queue_by_id(bigint) IS
    'Returns the row of the queue with that id, or no row.';

CREATE FUNCTION pgqrs.list_queues(after_id bigint DEFAULT 0, qty bigint DEFAULT NULL)
    RETURNS SETOF pgqrs.queues
    LANGUAGE c STABLE PARALLEL UNSAFE ROWS 100
    AS 'MODULE_PATHNAME', 'pgqrs_list_queues';
COMMENT ON FUNCTION pgqrs.list_queues(bigint, bigint) IS
'Returns the queues by id.
after_id: start after this id. The next page starts after the last id of this one.
qty: return at most this many. NULL means all.
Raises PQ009, PQ010.';

CREATE FUNCTION pgqrs.count_queues() RETURNS bigint
    LANGUAGE c STABLE PARALLEL UNSAFE
    AS 'MODULE_PATHNAME', 'pgqrs_count_queues';
COMMENT ON FUNCTION pgqrs.count_queues() IS 'Returns the number of queues.';

CREATE FUNCTION pgqrs.alter_queue(
    queue text,
    visibility_timeout interval DEFAULT NULL,
    max_deliveries bigint DEFAULT NULL,
    description text DEFAULT NULL,
    notify boolean DEFAULT NULL,
    max_attempts bigint DEFAULT NULL,
    backoff text DEFAULT NULL,
    backoff_base interval DEFAULT NULL,
    backoff_cap interval DEFAULT NULL,
    backoff_jitter double precision DEFAULT NULL,
    dead_letter_queue text DEFAULT NULL,
    expires_after interval DEFAULT NULL,
    max_messages bigint DEFAULT NULL,
    enqueue_rate double precision DEFAULT NULL,
    enqueue_burst bigint DEFAULT NULL,
    max_payload_bytes bigint DEFAULT NULL,
    max_depth bigint DEFAULT NULL,
    required_keys text[] DEFAULT NULL,
    forbidden_keys text[] DEFAULT NULL
) RETURNS pgqrs.queues
    LANGUAGE c VOLATILE PARALLEL UNSAFE
    AS 'MODULE_PATHNAME', 'pgqrs_alter_queue';
COMMENT ON FUNCTION pgqrs.alter_queue(
    text, interval, bigint, text, boolean, bigint, text, interval, interval, double precision, text,
    interval, bigint, double precision, bigint, bigint, bigint, text[], text[]) IS
'Changes the settings that are not NULL and returns the row. Leases that consumers already have
keep their length.
max_deliveries: 0 takes the limit away. A change waits for transactions that use the queue, as
drop_queue() does.
description: the empty string takes the description away.
notify: counts for messages that are enqueued from the commit on.
max_attempts: 0 takes the limit away.
dead_letter_queue: the empty string takes it away. A ring of dead letter queues raises PQ010.
expires_after: counts for messages that are enqueued from the commit on. 0 takes it away.
max_messages, enqueue_rate, enqueue_burst, max_payload_bytes, max_depth: as with create_queue(). They count
for what is enqueued from the commit on. 0 takes one away. A queue that holds more than a new max_messages
keeps what it has.
required_keys, forbidden_keys: the empty array takes them away.
Raises 0A000, PQ002, PQ004, PQ010, and 55P03 when it cannot get the queue alone.';

CREATE FUNCTION pgqrs.drop_queue(queue text, force boolean DEFAULT false) RETURNS bigint
    LANGUAGE c VOLATILE PARALLEL UNSAFE
    AS 'MODULE_PATHNAME', 'pgqrs_drop_queue';
COMMENT ON FUNCTION pgqrs.drop_queue(text, boolean) IS
'Removes a queue with its archive and workers, and returns how many messages went with it. It waits
for transactions that use the queue or have locked rows of it, within lock_timeout. Meanwhile others
go on using it.
force: removes the queue even if it holds messages. Otherwise that raises PQ011, and the error
names their number.
Raises PQ002, and 55P03 when long transactions use the queue without a gap.';

CREATE FUNCTION pgqrs.purge_queue(queue text) RETURNS bigint
    LANGUAGE c VOLATILE PARALLEL UNSAFE
    AS 'MODULE_PATHNAME', 'pgqrs_purge_queue';
COMMENT ON FUNCTION pgqrs.purge_queue(text) IS
'Deletes every message of a queue, also the delayed ones and those in flight, and returns their
number. The archive stays. Messages of transactions that have not yet committed stay. It waits for
transactions that hold a message, such as one that has dequeued it and is still open, within
lock_timeout. Meanwhile others finish what they have, and find no other of these messages. Messages
that come during the wait stay. Whoever finishes a message that this has deleted waits for the end
of this transaction.
Raises PQ002, and 55P03 when others hold messages without a gap.';

CREATE FUNCTION pgqrs.purge_archive(queue text, older_than interval) RETURNS bigint
    LANGUAGE c VOLATILE PARALLEL UNSAFE
    AS 'MODULE_PATHNAME', 'pgqrs_purge_archive';
COMMENT ON FUNCTION pgqrs.purge_archive(text, interval) IS
'Deletes the archived messages of a queue that were archived longer ago than older_than, and
returns their number.
older_than: ''0'' means all. Months and years are those of the calendar.
Raises PQ002, PQ010.';

CREATE FUNCTION pgqrs.pause_queue(queue text) RETURNS boolean
    LANGUAGE c VOLATILE PARALLEL UNSAFE
    AS 'MODULE_PATHNAME', 'pgqrs_pause_queue';
COMMENT ON FUNCTION pgqrs.pause_queue(text) IS
'Makes a queue deliver nothing until resume_queue(). Producers still enqueue, and consumers still
finish what they have. Returns true if this call changed it.
Raises PQ002.';

CREATE FUNCTION pgqrs.resume_queue(queue text) RETURNS boolean
    LANGUAGE c VOLATILE PARALLEL UNSAFE
    AS 'MODULE_PATHNAME', 'pgqrs_resume_queue';
COMMENT ON FUNCTION pgqrs.resume_queue(text) IS
'Ends pause_queue(). Returns true if this call changed it.
Raises PQ002.';
