-- Finishing. With read_ct, the one the delivery came with, a call by somebody whose lease ran out
-- and whose message went to another consumer changes nothing and answers false.

CREATE FUNCTION pgqrs.archive(
    queue text,
    id bigint,
    read_ct bigint DEFAULT NULL,
    strict boolean DEFAULT false
) RETURNS boolean
    LANGUAGE c VOLATILE PARALLEL UNSAFE
    AS 'MODULE_PATHNAME', 'pgqrs_archive';
COMMENT ON FUNCTION pgqrs.archive(text, bigint, bigint, boolean) IS
'Moves a message to the archive with the outcome done. Returns true if this call did it. Returns
false when the message is gone, or was delivered again since the delivery with that read_ct.
read_ct: the read_ct of your delivery. NULL finishes the message whoever has it.
strict: true raises PQ001 where the answer would be false, for drivers that hand out booleans as text.
Raises PQ001, PQ002.';

CREATE FUNCTION pgqrs.delete(
    queue text,
    id bigint,
    read_ct bigint DEFAULT NULL,
    strict boolean DEFAULT false
) RETURNS boolean
    LANGUAGE c VOLATILE PARALLEL UNSAFE
    AS 'MODULE_PATHNAME', 'pgqrs_delete';
COMMENT ON FUNCTION pgqrs.delete(text, bigint, bigint, boolean) IS
'Removes a message and does not keep it. Returns true if this call did it, and false as archive()
does.
read_ct: the read_ct of your delivery. NULL finishes the message whoever has it.
strict: true raises PQ001 where the answer would be false.
Raises PQ001, PQ002.';

CREATE FUNCTION pgqrs.release(
    queue text,
    id bigint,
    delay interval DEFAULT '0',
    read_ct bigint DEFAULT NULL,
    strict boolean DEFAULT false
) RETURNS boolean
    LANGUAGE c VOLATILE PARALLEL UNSAFE
    AS 'MODULE_PATHNAME', 'pgqrs_release';
COMMENT ON FUNCTION pgqrs.release(text, bigint, interval, bigint, boolean) IS
'Gives a message back. It can be delivered again at once, in its old place. The delivery counts neither
as a failure nor against max_deliveries, and read_ct stays. Returns true if this call did it, and false
as archive() does.
delay: as with enqueue(). With a delay this is what other queues call snooze.
read_ct: the read_ct of your delivery. NULL gives the message back whoever has it.
strict: true raises PQ001 where the answer would be false.
Raises PQ001, PQ002, PQ010.';

CREATE FUNCTION pgqrs.extend_visibility(
    queue text,
    id bigint,
    by interval,
    read_ct bigint DEFAULT NULL,
    strict boolean DEFAULT false
) RETURNS boolean
    LANGUAGE c VOLATILE PARALLEL UNSAFE
    AS 'MODULE_PATHNAME', 'pgqrs_extend_visibility';
COMMENT ON FUNCTION pgqrs.extend_visibility(text, bigint, interval, bigint, boolean) IS
'Changes the end of a lease. A lease that has run out comes back to life. Returns true if this call
did it. Returns false when the message is gone, has no lease, or was delivered again since the
delivery with that read_ct.
by: the lease ends this long after the call.
read_ct: the read_ct of your delivery. NULL extends the lease of whoever has the message.
strict: true raises PQ001 where the answer would be false.
Raises PQ001, PQ002, PQ010.';

CREATE FUNCTION pgqrs.archive_batch(
    queue text,
    ids bigint[],
    read_cts bigint[] DEFAULT NULL,
    strict boolean DEFAULT false
) RETURNS TABLE (id bigint, done boolean)
    LANGUAGE c VOLATILE PARALLEL UNSAFE ROWS 100
    AS 'MODULE_PATHNAME', 'pgqrs_archive_batch';
COMMENT ON FUNCTION pgqrs.archive_batch(text, bigint[], bigint[], boolean) IS
'Does archive() for many messages. Returns a row for each id, in their order. When an id comes
twice, only one of the two can be done.
read_cts: NULL, or one element for each id. A NULL among them raises PQ010, and nothing is finished:
it would let go of the fence for that one message.
strict: true finishes all or none. One lost lease raises PQ001, and the error names the ids that are
lost. So does an id that comes twice.
Raises PQ001, PQ002, PQ009, PQ010.';

CREATE FUNCTION pgqrs.delete_batch(
    queue text,
    ids bigint[],
    read_cts bigint[] DEFAULT NULL,
    strict boolean DEFAULT false
) RETURNS TABLE (id bigint, done boolean)
    LANGUAGE c VOLATILE PARALLEL UNSAFE ROWS 100
    AS 'MODULE_PATHNAME', 'pgqrs_delete_batch';
COMMENT ON FUNCTION pgqrs.delete_batch(text, bigint[], bigint[], boolean) IS
'Does delete() for many messages, in the way of archive_batch().
Raises PQ001, PQ002, PQ009, PQ010.';

CREATE FUNCTION pgqrs.release_batch(
    queue text,
    ids bigint[],
    delay interval DEFAULT '0',
    read_cts bigint[] DEFAULT NULL,
    strict boolean DEFAULT false
) RETURNS TABLE (id bigint, done boolean)
    LANGUAGE c VOLATILE PARALLEL UNSAFE ROWS 100
    AS 'MODULE_PATHNAME', 'pgqrs_release_batch';
COMMENT ON FUNCTION pgqrs.release_batch(text, bigint[], interval, bigint[], boolean) IS
'Does release() for many messages, in the way of archive_batch().
Raises PQ001, PQ002, PQ009, PQ010.';

CREATE FUNCTION pgqrs.next(
    queue text,
    done bigint[] DEFAULT NULL,
    read_cts bigint[] DEFAULT NULL,
    qty bigint DEFAULT 1,
    vt interval DEFAULT NULL,
    wait interval DEFAULT '0',
    worker bigint DEFAULT NULL
) RETURNS SETOF pgqrs.next_message
    LANGUAGE c VOLATILE PARALLEL UNSAFE ROWS 1
    AS 'MODULE_PATHNAME', 'pgqrs_next';
COMMENT ON FUNCTION pgqrs.next(text, bigint[], bigint[], bigint, interval, interval, bigint) IS
'Archives the messages that are done and delivers the next ones, in one call: a worker that loops over
it needs one round trip and one commit for each message. It does what archive_batch() does, then what
dequeue_batch() does; a rollback undoes both.
It returns the messages that are not finished first: a row with lost and the id for each, in the order
of done. A lost lease costs no delivery. Then come the messages that are delivered, with lost false. A
paused queue finishes messages and delivers none.
done: the ids of messages that are done. NULL or an empty array: there are none.
read_cts: NULL, or one element for each of these ids, with the read_ct of its delivery. A NULL among
them raises PQ010, and nothing is finished.
qty: how many messages to deliver, at most pgqrs.max_batch_size (PQ009).
vt: the length of the leases. NULL means the visibility_timeout of the queue.
wait: how long to wait when there is no message, as with dequeue(). With messages in done it never
waits, so that their end is committed at once. So call it again without them when it delivers nothing.
worker: the worker that gets the messages, from register_worker().
Raises PQ002, PQ008, PQ009, PQ010.';
