-- Triggers: no row without its queue, and no stale copy of a queue's settings.
--
-- Not foreign keys: those would lock, and write, the one row of the queue for every message, and fail
-- in a parallel restore, where the tables are filled in any order. The functions hold the queue
-- themselves; these triggers are for rows written by hand.

CREATE FUNCTION pgqrs.queues_changed() RETURNS trigger
    LANGUAGE c VOLATILE PARALLEL UNSAFE
    AS 'MODULE_PATHNAME', 'pgqrs_queues_changed';
COMMENT ON FUNCTION pgqrs.queues_changed() IS
    'Trigger: has every backend read the settings of queues again after the commit.';
-- Before the row: a backend that reads it in the middle of the statement forgets it again when the
-- statement fails. Always, and for each row: so that it works for logical replication.
CREATE TRIGGER queues_changed
    BEFORE INSERT OR UPDATE OR DELETE ON pgqrs.queues
    FOR EACH ROW EXECUTE FUNCTION pgqrs.queues_changed();
CREATE TRIGGER queues_truncated
    BEFORE TRUNCATE ON pgqrs.queues
    FOR EACH STATEMENT EXECUTE FUNCTION pgqrs.queues_changed();
ALTER TABLE pgqrs.queues ENABLE ALWAYS TRIGGER queues_changed;
ALTER TABLE pgqrs.queues ENABLE ALWAYS TRIGGER queues_truncated;
COMMENT ON TRIGGER queues_changed ON pgqrs.queues IS
    'Has every backend read the settings of queues again after the commit.';
COMMENT ON TRIGGER queues_truncated ON pgqrs.queues IS
    'Has every backend read the settings of queues again after the commit.';

CREATE FUNCTION pgqrs.check_queue() RETURNS trigger
    LANGUAGE c VOLATILE PARALLEL UNSAFE
    AS 'MODULE_PATHNAME', 'pgqrs_check_queue';
COMMENT ON FUNCTION pgqrs.check_queue() IS
'Trigger: raises PQ002 when the row''s queue does not exist, and keeps it from being dropped
until the end of the transaction. Does nothing while a dump is restored (check_function_bodies
off).';
CREATE TRIGGER check_queue
    AFTER INSERT OR UPDATE OF queue_id ON pgqrs.messages
    FOR EACH ROW EXECUTE FUNCTION pgqrs.check_queue();
COMMENT ON TRIGGER check_queue ON pgqrs.messages IS 'A message has a queue.';
CREATE TRIGGER check_queue
    AFTER INSERT OR UPDATE OF queue_id ON pgqrs.workers
    FOR EACH ROW EXECUTE FUNCTION pgqrs.check_queue();
COMMENT ON TRIGGER check_queue ON pgqrs.workers IS 'A worker has a queue.';

CREATE FUNCTION pgqrs.messages_changed() RETURNS trigger
    LANGUAGE c VOLATILE PARALLEL UNSAFE
    AS 'MODULE_PATHNAME', 'pgqrs_messages_changed';
COMMENT ON FUNCTION pgqrs.messages_changed() IS
'Trigger: has every backend take notice, when the transaction ends, of messages that were changed
by other means than the functions.';
-- Always, so that it works for logical replication, too.
CREATE TRIGGER messages_changed
    AFTER INSERT OR UPDATE OR DELETE ON pgqrs.messages
    FOR EACH ROW EXECUTE FUNCTION pgqrs.messages_changed();
ALTER TABLE pgqrs.messages ENABLE ALWAYS TRIGGER messages_changed;
COMMENT ON TRIGGER messages_changed ON pgqrs.messages IS
    'Dequeues look again where messages were changed.';

CREATE FUNCTION pgqrs.protect_queue() RETURNS trigger
    LANGUAGE c VOLATILE PARALLEL UNSAFE
    AS 'MODULE_PATHNAME', 'pgqrs_protect_queue';
COMMENT ON FUNCTION pgqrs.protect_queue() IS
'Trigger: raises PQ011 when a queue is deleted by hand while rows refer to it, PQ010 when its id
is changed. Waits for transactions that use the queue.';
CREATE TRIGGER protect_queue
    AFTER DELETE OR UPDATE OF id, name ON pgqrs.queues
    FOR EACH ROW EXECUTE FUNCTION pgqrs.protect_queue();
COMMENT ON TRIGGER protect_queue ON pgqrs.queues IS 'No queue goes while rows refer to it.';

CREATE FUNCTION pgqrs.protect_queues() RETURNS trigger
    LANGUAGE c VOLATILE PARALLEL UNSAFE
    AS 'MODULE_PATHNAME', 'pgqrs_protect_queues';
COMMENT ON FUNCTION pgqrs.protect_queues() IS
    'Trigger: raises PQ011 when queues are truncated while rows refer to them.';
CREATE TRIGGER hold_queues
    BEFORE TRUNCATE ON pgqrs.queues
    FOR EACH STATEMENT EXECUTE FUNCTION pgqrs.protect_queues();
COMMENT ON TRIGGER hold_queues ON pgqrs.queues IS 'Waits for transactions that use a queue.';
CREATE TRIGGER protect_queues
    AFTER TRUNCATE ON pgqrs.queues
    FOR EACH STATEMENT EXECUTE FUNCTION pgqrs.protect_queues();
COMMENT ON TRIGGER protect_queues ON pgqrs.queues IS 'No queue goes while rows refer to it.';
