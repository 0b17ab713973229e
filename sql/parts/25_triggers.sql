-- Triggers: no row without its queue, and no stale copy of a queue's settings.
--
-- Not foreign keys: those would lock, and write, the one row of the queue for every message, and fail
-- in a parallel restore, where the tables are filled in any order. The functions hold the queue
-- themselves; these triggers are for rows written by hand.

CREATE FUNCTION pgqrs.queues_changed() RETURNS trigger
    LANGUAGE c VOLATILE PARALLEL UNSAFE
    AS 'MODULE_PATHNAME', 'pgqrs_queues_changed';
COMMENT ON FUNCTION pgqrs.queues_changed() IS
    'Trigger: makes every backend read the settings of queues again after the commit.';
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
    'It makes every backend read the settings of queues again after the commit.';
COMMENT ON TRIGGER queues_truncated ON pgqrs.queues IS
    'It makes every backend read the settings of queues again after the commit.';

CREATE FUNCTION pgqrs.workflows_checked() RETURNS trigger
    LANGUAGE c VOLATILE PARALLEL UNSAFE
    AS 'MODULE_PATHNAME', 'pgqrs_workflows_checked';
COMMENT ON FUNCTION pgqrs.workflows_checked() IS
'Trigger: only who has the rights of the owner of a workflow gives it a handler (42501).';
CREATE TRIGGER workflows_checked
    BEFORE INSERT OR UPDATE OF handler, owner ON pgqrs.workflows
    FOR EACH ROW EXECUTE FUNCTION pgqrs.workflows_checked();
COMMENT ON TRIGGER workflows_checked ON pgqrs.workflows IS
    'Only who has the rights of the owner of a workflow gives it a handler.';

CREATE FUNCTION pgqrs.workflows_changed() RETURNS trigger
    LANGUAGE c VOLATILE PARALLEL UNSAFE
    AS 'MODULE_PATHNAME', 'pgqrs_workflows_changed';
COMMENT ON FUNCTION pgqrs.workflows_changed() IS
'Trigger: makes every backend read the settings of workflows again after the commit.';
-- As queues_changed.
CREATE TRIGGER workflows_changed
    BEFORE INSERT OR UPDATE OR DELETE ON pgqrs.workflows
    FOR EACH ROW EXECUTE FUNCTION pgqrs.workflows_changed();
CREATE TRIGGER workflows_truncated
    BEFORE TRUNCATE ON pgqrs.workflows
    FOR EACH STATEMENT EXECUTE FUNCTION pgqrs.workflows_changed();
ALTER TABLE pgqrs.workflows ENABLE ALWAYS TRIGGER workflows_changed;
ALTER TABLE pgqrs.workflows ENABLE ALWAYS TRIGGER workflows_truncated;
COMMENT ON TRIGGER workflows_changed ON pgqrs.workflows IS
    'It makes every backend read the settings of workflows again after the commit.';
COMMENT ON TRIGGER workflows_truncated ON pgqrs.workflows IS
    'It makes every backend read the settings of workflows again after the commit.';

CREATE FUNCTION pgqrs.grants_changed() RETURNS trigger
    LANGUAGE c VOLATILE PARALLEL UNSAFE
    AS 'MODULE_PATHNAME', 'pgqrs_grants_changed';
COMMENT ON FUNCTION pgqrs.grants_changed() IS
'Trigger: makes every backend read grants again after the commit, and raises 42501 when somebody else
than the owner of the extension adds or changes one. While a dump is restored, it looks up the number
of the role.';
CREATE TRIGGER grants_changed
    BEFORE INSERT OR UPDATE OR DELETE ON pgqrs.grants
    FOR EACH ROW EXECUTE FUNCTION pgqrs.grants_changed();
CREATE TRIGGER grants_truncated
    BEFORE TRUNCATE ON pgqrs.grants
    FOR EACH STATEMENT EXECUTE FUNCTION pgqrs.grants_changed();
ALTER TABLE pgqrs.grants ENABLE ALWAYS TRIGGER grants_changed;
ALTER TABLE pgqrs.grants ENABLE ALWAYS TRIGGER grants_truncated;
COMMENT ON TRIGGER grants_changed ON pgqrs.grants IS
    'It makes every backend read grants again after the commit.';
COMMENT ON TRIGGER grants_truncated ON pgqrs.grants IS
    'It makes every backend read grants again after the commit.';

CREATE FUNCTION pgqrs.check_queue() RETURNS trigger
    LANGUAGE c VOLATILE PARALLEL UNSAFE
    AS 'MODULE_PATHNAME', 'pgqrs_check_queue';
COMMENT ON FUNCTION pgqrs.check_queue() IS
'Trigger: raises PQ002 when the queue of the row does not exist, and keeps the queue from being
dropped until the transaction ends. It does nothing while a dump is restored
(check_function_bodies is off then).';
CREATE TRIGGER check_queue
    AFTER INSERT OR UPDATE OF queue_id ON pgqrs.messages
    FOR EACH ROW EXECUTE FUNCTION pgqrs.check_queue();
COMMENT ON TRIGGER check_queue ON pgqrs.messages IS 'It refuses a message without a queue.';
CREATE TRIGGER check_queue
    AFTER INSERT OR UPDATE OF queue_id ON pgqrs.workers
    FOR EACH ROW EXECUTE FUNCTION pgqrs.check_queue();
COMMENT ON TRIGGER check_queue ON pgqrs.workers IS 'It refuses a worker without a queue.';

CREATE FUNCTION pgqrs.workers_changed() RETURNS trigger
    LANGUAGE c VOLATILE PARALLEL UNSAFE
    AS 'MODULE_PATHNAME', 'pgqrs_workers_changed';
COMMENT ON FUNCTION pgqrs.workers_changed() IS
'Trigger: makes every backend learn which workers are dead when that has changed, and wakes those who wait
for messages of the queue.';
-- As queues_changed. A heartbeat writes no state.
CREATE TRIGGER workers_changed
    BEFORE INSERT OR UPDATE OF state, queue_id OR DELETE ON pgqrs.workers
    FOR EACH ROW EXECUTE FUNCTION pgqrs.workers_changed();
CREATE TRIGGER workers_truncated
    BEFORE TRUNCATE ON pgqrs.workers
    FOR EACH STATEMENT EXECUTE FUNCTION pgqrs.workers_changed();
ALTER TABLE pgqrs.workers ENABLE ALWAYS TRIGGER workers_changed;
ALTER TABLE pgqrs.workers ENABLE ALWAYS TRIGGER workers_truncated;
COMMENT ON TRIGGER workers_changed ON pgqrs.workers IS
    'It makes every backend learn which workers are dead.';
COMMENT ON TRIGGER workers_truncated ON pgqrs.workers IS
    'It makes every backend learn which workers are dead.';

CREATE FUNCTION pgqrs.messages_changed() RETURNS trigger
    LANGUAGE c VOLATILE PARALLEL UNSAFE
    AS 'MODULE_PATHNAME', 'pgqrs_messages_changed';
COMMENT ON FUNCTION pgqrs.messages_changed() IS
'Trigger: when the transaction ends, it tells every backend of messages that were changed by other
means than the functions. It also keeps the counts of the metrics right.';
-- Always, so that it works for logical replication, too.
CREATE TRIGGER messages_changed
    AFTER INSERT OR UPDATE OR DELETE ON pgqrs.messages
    FOR EACH ROW EXECUTE FUNCTION pgqrs.messages_changed();
ALTER TABLE pgqrs.messages ENABLE ALWAYS TRIGGER messages_changed;
COMMENT ON TRIGGER messages_changed ON pgqrs.messages IS
    'It makes dequeues look again where messages were changed.';

CREATE FUNCTION pgqrs.archive_changed() RETURNS trigger
    LANGUAGE c VOLATILE PARALLEL UNSAFE
    AS 'MODULE_PATHNAME', 'pgqrs_archive_changed';
COMMENT ON FUNCTION pgqrs.archive_changed() IS
'Trigger: keeps the counts of the metrics right when archived messages are changed by other means
than archive().';
CREATE TRIGGER archive_changed
    AFTER INSERT OR UPDATE OR DELETE ON pgqrs.archive
    FOR EACH ROW EXECUTE FUNCTION pgqrs.archive_changed();
ALTER TABLE pgqrs.archive ENABLE ALWAYS TRIGGER archive_changed;
COMMENT ON TRIGGER archive_changed ON pgqrs.archive IS 'It keeps the counts of the metrics right.';

CREATE FUNCTION pgqrs.departures_changed() RETURNS trigger
    LANGUAGE c VOLATILE PARALLEL UNSAFE
    AS 'MODULE_PATHNAME', 'pgqrs_departures_changed';
COMMENT ON FUNCTION pgqrs.departures_changed() IS
'Trigger: keeps the totals of the metrics right when departures are changed by other means than the
functions.';
CREATE TRIGGER departures_changed
    AFTER INSERT OR UPDATE OR DELETE ON pgqrs.departures
    FOR EACH ROW EXECUTE FUNCTION pgqrs.departures_changed();
ALTER TABLE pgqrs.departures ENABLE ALWAYS TRIGGER departures_changed;
COMMENT ON TRIGGER departures_changed ON pgqrs.departures IS
    'It keeps the totals of the metrics right.';

CREATE FUNCTION pgqrs.rows_truncated() RETURNS trigger
    LANGUAGE c VOLATILE PARALLEL UNSAFE
    AS 'MODULE_PATHNAME', 'pgqrs_rows_truncated';
COMMENT ON FUNCTION pgqrs.rows_truncated() IS
    'Trigger: after a TRUNCATE it makes the next metrics count all queues anew.';
CREATE TRIGGER messages_truncated
    AFTER TRUNCATE ON pgqrs.messages
    FOR EACH STATEMENT EXECUTE FUNCTION pgqrs.rows_truncated();
CREATE TRIGGER archive_truncated
    AFTER TRUNCATE ON pgqrs.archive
    FOR EACH STATEMENT EXECUTE FUNCTION pgqrs.rows_truncated();
CREATE TRIGGER departures_truncated
    AFTER TRUNCATE ON pgqrs.departures
    FOR EACH STATEMENT EXECUTE FUNCTION pgqrs.rows_truncated();
ALTER TABLE pgqrs.messages ENABLE ALWAYS TRIGGER messages_truncated;
ALTER TABLE pgqrs.archive ENABLE ALWAYS TRIGGER archive_truncated;
ALTER TABLE pgqrs.departures ENABLE ALWAYS TRIGGER departures_truncated;
COMMENT ON TRIGGER messages_truncated ON pgqrs.messages IS 'It makes the next metrics count anew.';
COMMENT ON TRIGGER archive_truncated ON pgqrs.archive IS 'It makes the next metrics count anew.';
COMMENT ON TRIGGER departures_truncated ON pgqrs.departures IS
    'It makes the next metrics count anew.';

CREATE FUNCTION pgqrs.protect_queue() RETURNS trigger
    LANGUAGE c VOLATILE PARALLEL UNSAFE
    AS 'MODULE_PATHNAME', 'pgqrs_protect_queue';
COMMENT ON FUNCTION pgqrs.protect_queue() IS
'Trigger: raises PQ011 when a queue is deleted by hand while rows refer to it, and PQ010 when its
id is changed. It waits for transactions that use the queue.';
CREATE TRIGGER protect_queue
    AFTER DELETE OR UPDATE OF id, name ON pgqrs.queues
    FOR EACH ROW EXECUTE FUNCTION pgqrs.protect_queue();
COMMENT ON TRIGGER protect_queue ON pgqrs.queues IS 'It keeps a queue while rows refer to it.';

CREATE FUNCTION pgqrs.protect_queues() RETURNS trigger
    LANGUAGE c VOLATILE PARALLEL UNSAFE
    AS 'MODULE_PATHNAME', 'pgqrs_protect_queues';
COMMENT ON FUNCTION pgqrs.protect_queues() IS
    'Trigger: raises PQ011 when queues are truncated while rows refer to them.';
CREATE TRIGGER hold_queues
    BEFORE TRUNCATE ON pgqrs.queues
    FOR EACH STATEMENT EXECUTE FUNCTION pgqrs.protect_queues();
COMMENT ON TRIGGER hold_queues ON pgqrs.queues IS 'It waits for transactions that use a queue.';
CREATE TRIGGER protect_queues
    AFTER TRUNCATE ON pgqrs.queues
    FOR EACH STATEMENT EXECUTE FUNCTION pgqrs.protect_queues();
COMMENT ON TRIGGER protect_queues ON pgqrs.queues IS 'It keeps queues while rows refer to them.';
