-- Work that nobody waits for. With shared_preload_libraries background workers do it; without, the call
-- below and waiting consumers.

CREATE PROCEDURE pgqrs.maintain(
    budget interval DEFAULT '1 s',
    INOUT done bigint DEFAULT NULL
)
    LANGUAGE c
    AS 'MODULE_PATHNAME', 'pgqrs_maintain';
COMMENT ON PROCEDURE pgqrs.maintain(interval, bigint) IS
'Does one round of maintenance, in small transactions. It takes dead, expired and cancelled messages out of
their queues, removes archived messages as set_retention() says, removes the history of messages that are
gone, sums up counters, and removes workers that have been dead or stopped for pgqrs.workers_kept. It
cancels children of runs that have ended, and wakes runs that have what they wait for. It never waits for
another session. Two at a time share the work. With shared_preload_libraries background workers do the
same every pgqrs.maintenance_interval, and vacuum tables that autovacuum is late for: no function or
procedure can do that. The table pgqrs.maintenance shows what was done.
budget: it begins no further step after this time.
done: the answer, the number of rows that it dealt with. A client leaves it out.
Raises PQ010, and 25001 inside a transaction block.';

CREATE PROCEDURE pgqrs.purge(
    queue text,
    archive boolean DEFAULT false,
    older_than interval DEFAULT '0',
    INOUT purged bigint DEFAULT NULL
)
    LANGUAGE c
    AS 'MODULE_PATHNAME', 'pgqrs_purge';
COMMENT ON PROCEDURE pgqrs.purge(text, boolean, interval, bigint) IS
'Deletes the messages of a queue in small transactions, however many there are, without waiting for those
that somebody has locked. What is deleted stays deleted when the call is cancelled or runs into a timeout;
call it again to go on. pg_stat_activity shows how far it is. Messages that are enqueued after the call
began stay.
archive: true deletes archived messages instead.
older_than: only those that were enqueued, or archived, longer ago than this.
purged: the answer, the number of messages. A client leaves it out.
Raises PQ002, PQ010, and 25001 inside a transaction block.';

CREATE FUNCTION pgqrs.set_retention(
    queue text,
    outcome text DEFAULT NULL,
    max_age interval DEFAULT NULL,
    max_count bigint DEFAULT NULL
) RETURNS SETOF pgqrs.retention_rule
    LANGUAGE c VOLATILE PARALLEL UNSAFE ROWS 4
    AS 'MODULE_PATHNAME', 'pgqrs_set_retention';
COMMENT ON FUNCTION pgqrs.set_retention(text, text, interval, bigint) IS
'Sets how long archived messages of a queue are kept, and returns its rules. Maintenance removes what is too
old or too much, in its own time. Without a rule nothing is removed.
outcome: done, dead, cancelled or expired. NULL means each of them.
max_age: messages that were archived longer ago are removed. Months are taken as 30 days.
max_count: of more messages than this, those with the lowest ids are removed.
NULL for both takes the rule away.
Raises PQ002, PQ010.';

CREATE FUNCTION pgqrs.list_retention(queue text DEFAULT NULL) RETURNS SETOF pgqrs.retention_rule
    LANGUAGE c STABLE PARALLEL UNSAFE ROWS 10
    AS 'MODULE_PATHNAME', 'pgqrs_list_retention';
COMMENT ON FUNCTION pgqrs.list_retention(text) IS
'Returns the rules of set_retention().
queue: NULL means all queues.
Raises PQ002.';
