// See verification.hpp. The lists say what sql/parts creates; a regression test drops each object in
// turn and expects to read of it here, so neither can be forgotten.
#include "queue/verify.hpp"

#include "core/version.hpp"

namespace pgqrs::queue {
namespace {

constinit pg::Statement check_version(R"sql(
    SELECT
        'library',
        'pgqrs',
        pg_catalog.format('library has version %s, extension has version %s', $1, extversion)
    FROM pg_catalog.pg_extension
    WHERE extname = 'pgqrs'
        AND extversion <> $1
)sql");

constinit pg::Statement check_columns(R"sql(
    WITH expected (relation, attribute, type) AS (VALUES
        ('queues', 'id', 'integer'),
        ('queues', 'name', 'text'),
        ('queues', 'visibility_timeout', 'interval'),
        ('queues', 'max_deliveries', 'integer'),
        ('queues', 'description', 'text'),
        ('queues', 'notify', 'boolean'),
        ('queues', 'paused_at', 'timestamp with time zone'),
        ('queues', 'created_at', 'timestamp with time zone'),
        ('workers', 'id', 'bigint'),
        ('workers', 'queue_id', 'integer'),
        ('workers', 'name', 'text'),
        ('workers', 'hostname', 'text'),
        ('workers', 'pid', 'integer'),
        ('workers', 'metadata', 'jsonb'),
        ('workers', 'registered_at', 'timestamp with time zone'),
        ('messages', 'id', 'bigint'),
        ('messages', 'available_at', 'pgqrs.instant'),
        ('messages', 'enqueued_at', 'pgqrs.instant'),
        ('messages', 'queue_id', 'integer'),
        ('messages', 'read_ct', 'pgqrs.delivery_count'),
        ('messages', 'priority', 'pgqrs.priority'),
        ('messages', 'vt', 'pgqrs.instant'),
        ('messages', 'delivered_at', 'pgqrs.instant'),
        ('messages', 'worker_id', 'bigint'),
        ('messages', 'headers', 'pgqrs.headers'),
        ('messages', 'payload', 'jsonb'),
        ('archive', 'id', 'bigint'),
        ('archive', 'available_at', 'timestamp with time zone'),
        ('archive', 'enqueued_at', 'timestamp with time zone'),
        ('archive', 'queue_id', 'integer'),
        ('archive', 'read_ct', 'integer'),
        ('archive', 'priority', 'smallint'),
        ('archive', 'vt', 'timestamp with time zone'),
        ('archive', 'delivered_at', 'timestamp with time zone'),
        ('archive', 'worker_id', 'bigint'),
        ('archive', 'archived_at', 'timestamp with time zone'),
        ('archive', 'processing_duration', 'interval'),
        ('archive', 'outcome', 'pgqrs.outcome'),
        ('archive', 'headers', 'jsonb'),
        ('archive', 'payload', 'jsonb'),
        ('departures', 'queue_id', 'integer'),
        ('departures', 'finished', 'bigint'),
        ('departures', 'discarded', 'bigint')),
    found AS (
        SELECT
            e.*,
            c.oid AS relation_oid,
            pg_catalog.format_type(a.atttypid, a.atttypmod) AS found_type
        FROM expected AS e
        LEFT JOIN pg_catalog.pg_class AS c
            ON c.relname = e.relation
            AND c.relkind = 'r'
            AND c.relnamespace = pg_catalog.to_regnamespace('pgqrs')
        LEFT JOIN pg_catalog.pg_attribute AS a
            ON a.attrelid = c.oid
            AND a.attname = e.attribute
            AND NOT a.attisdropped)
    SELECT DISTINCT 'table', 'pgqrs.' || relation, 'missing'
    FROM found
    WHERE relation_oid IS NULL
    UNION ALL
    SELECT 'column', 'pgqrs.' || relation || '.' || attribute,
        coalesce('has type ' || found_type || ' instead of ' || type, 'missing')
    FROM found
    WHERE relation_oid IS NOT NULL
        AND found_type IS DISTINCT FROM type
        -- format_type leaves the schema out when the search path shows the type without.
        AND 'pgqrs.' || found_type IS DISTINCT FROM type
)sql");

constinit pg::Statement check_indexes(R"sql(
    WITH expected (name, definition) AS (VALUES
        ('queues_pkey', 'UNIQUE INDEX queues_pkey ON pgqrs.queues USING btree (id)'),
        ('queues_name_key', 'UNIQUE INDEX queues_name_key ON pgqrs.queues USING btree (name)'),
        ('workers_pkey', 'UNIQUE INDEX workers_pkey ON pgqrs.workers USING btree (id)'),
        ('workers_queue', 'INDEX workers_queue ON pgqrs.workers USING btree (queue_id, id)'),
        ('messages_pkey', 'UNIQUE INDEX messages_pkey ON pgqrs.messages USING btree (id)'),
        ('messages_delivery_order', 'INDEX messages_delivery_order ON pgqrs.messages'
            ' USING btree (queue_id, priority, available_at, id)'),
        ('archive_pkey', 'UNIQUE INDEX archive_pkey ON pgqrs.archive USING btree (id)'),
        ('archive_queue', 'INDEX archive_queue ON pgqrs.archive USING btree (queue_id, id)'),
        ('archive_time', 'INDEX archive_time ON pgqrs.archive USING brin (archived_at)'),
        ('departures_queue', 'INDEX departures_queue ON pgqrs.departures USING btree (queue_id)'))
    SELECT 'index', 'pgqrs.' || e.name,
        CASE
            WHEN i.indexrelid IS NULL THEN 'missing'
            WHEN NOT i.indisvalid THEN 'invalid'
            ELSE 'is ' || pg_catalog.pg_get_indexdef(i.indexrelid)
        END
    FROM expected AS e
    LEFT JOIN pg_catalog.pg_class AS c
        ON c.relname = e.name
        AND c.relnamespace = pg_catalog.to_regnamespace('pgqrs')
    LEFT JOIN pg_catalog.pg_index AS i ON i.indexrelid = c.oid
    WHERE i.indexrelid IS NULL
        OR NOT i.indisvalid
        OR pg_catalog.pg_get_indexdef(i.indexrelid) <> 'CREATE ' || e.definition
    ORDER BY 2
)sql");

constinit pg::Statement check_constraints(R"sql(
    WITH expected (owner, name) AS (VALUES
        ('queues', 'queues_name_valid'),
        ('queues', 'queues_notify_name_fits'),
        ('queues', 'queues_visibility_timeout_range'),
        ('queues', 'queues_max_deliveries_range'),
        ('workers', 'workers_name_valid'),
        ('priority', 'priority_range'),
        ('instant', 'instant_finite'),
        ('delivery_count', 'delivery_count_range'),
        ('headers', 'headers_object'))
    SELECT 'constraint', 'pgqrs.' || e.owner || '.' || e.name,
        CASE WHEN c.oid IS NULL THEN 'missing' ELSE 'not valid' END
    FROM expected AS e
    LEFT JOIN pg_catalog.pg_constraint AS c
        ON c.conname = e.name
        AND c.connamespace = pg_catalog.to_regnamespace('pgqrs')
    WHERE c.oid IS NULL
        OR NOT c.convalidated
    ORDER BY 2
)sql");

constinit pg::Statement check_triggers(R"sql(
    WITH expected (relation, name) AS (VALUES
        ('queues', 'queues_changed'),
        ('queues', 'queues_truncated'),
        ('queues', 'protect_queue'),
        ('queues', 'protect_queues'),
        ('queues', 'hold_queues'),
        ('workers', 'check_queue'),
        ('messages', 'check_queue'),
        ('messages', 'messages_changed'),
        ('messages', 'messages_truncated'),
        ('archive', 'archive_changed'),
        ('archive', 'archive_truncated'),
        ('departures', 'departures_changed'),
        ('departures', 'departures_truncated'))
    SELECT 'trigger', 'pgqrs.' || e.relation || '.' || e.name,
        CASE WHEN t.oid IS NULL THEN 'missing' ELSE 'disabled' END
    FROM expected AS e
    LEFT JOIN pg_catalog.pg_trigger AS t
        ON t.tgname = e.name
        AND t.tgrelid = pg_catalog.to_regclass('pgqrs.' || e.relation)
    WHERE t.oid IS NULL
        OR t.tgenabled NOT IN ('O', 'A')
    ORDER BY 2
)sql");

constinit pg::Statement check_types(R"sql(
    WITH expected (name, attributes) AS (VALUES
        ('priority', NULL),
        ('instant', NULL),
        ('delivery_count', NULL),
        ('headers', NULL),
        ('outcome', NULL),
        ('message', 'id int8, queue text, payload jsonb, headers jsonb, priority int2, read_ct int4,'
            ' enqueued_at timestamptz, available_at timestamptz, vt timestamptz, worker_id int8'),
        ('archived_message', 'id int8, queue text, payload jsonb, headers jsonb, priority int2,'
            ' read_ct int4, enqueued_at timestamptz, available_at timestamptz, vt timestamptz,'
            ' worker_id int8, archived_at timestamptz, processing_duration interval,'
            ' outcome outcome'),
        ('worker', 'id int8, queue text, name text, hostname text, pid int4, metadata jsonb,'
            ' registered_at timestamptz'),
        ('metrics', 'queue text, paused bool, messages int8, pending int8, in_flight int8, delayed int8,'
            ' exhausted int8, archived int8, oldest_pending_age interval,'
            ' newest_enqueued_at timestamptz, total_enqueued int8, total_finished int8,'
            ' exact bool, measured_at timestamptz')),
    found AS (
        SELECT e.*, t.oid, (
            SELECT string_agg(a.attname || ' ' || b.typname, ', ' ORDER BY a.attnum)
            FROM pg_catalog.pg_attribute AS a
            JOIN pg_catalog.pg_type AS b ON b.oid = a.atttypid
            WHERE a.attrelid = t.typrelid
                AND a.attnum > 0) AS found_attributes
        FROM expected AS e
        LEFT JOIN pg_catalog.pg_type AS t
            ON t.typname = e.name
            AND t.typnamespace = pg_catalog.to_regnamespace('pgqrs'))
    SELECT 'type', 'pgqrs.' || name,
        CASE
            WHEN oid IS NULL THEN 'missing'
            ELSE 'has attributes ' || coalesce(found_attributes, '(none)')
        END
    FROM found
    WHERE oid IS NULL
        OR found_attributes IS DISTINCT FROM attributes
    ORDER BY 2
)sql");

constinit pg::Statement check_functions(R"sql(
    WITH expected (name, arguments) AS (VALUES
        ('all_queues_metrics', 'boolean'),
        ('alter_queue', 'text,interval,integer,text,boolean'),
        ('archive', 'text,bigint,integer'),
        ('archive_changed', ''),
        ('archive_batch', 'text,bigint[],integer[]'),
        ('check_queue', ''),
        ('count_archive', 'text'),
        ('count_messages', 'text'),
        ('count_queues', ''),
        ('count_workers', 'text'),
        ('create_queue', 'text,interval,integer,text,boolean,boolean'),
        ('delete', 'text,bigint,integer'),
        ('delete_batch', 'text,bigint[],integer[]'),
        ('delete_worker', 'bigint'),
        ('departures_changed', ''),
        ('dequeue', 'text,interval,interval,bigint'),
        ('dequeue_batch', 'text,integer,interval,interval,bigint'),
        ('drop_queue', 'text,boolean'),
        ('enqueue', 'text,jsonb,interval,integer,jsonb'),
        ('enqueue_at', 'text,jsonb,timestamptz,integer,jsonb'),
        ('enqueue_batch', 'text,jsonb[],interval,integer,jsonb[]'),
        ('extend_visibility', 'text,bigint,interval,integer'),
        ('get_archived', 'text,bigint'),
        ('get_message', 'text,bigint'),
        ('get_queue', 'text'),
        ('get_queue_by_id', 'integer'),
        ('get_worker', 'bigint'),
        ('list_archive', 'text,bigint,integer'),
        ('list_messages', 'text,bigint,integer'),
        ('list_queues', 'integer,integer'),
        ('list_workers', 'text,bigint,integer'),
        ('pause_queue', 'text'),
        ('messages_changed', ''),
        ('peek', 'text,integer'),
        ('pop', 'text,integer'),
        ('protect_queue', ''),
        ('protect_queues', ''),
        ('purge_archive', 'text,interval'),
        ('purge_queue', 'text'),
        ('queue_metrics', 'text,boolean'),
        ('queues_changed', ''),
        ('register_worker', 'text,text,text,integer,jsonb'),
        ('release', 'text,bigint,interval,integer'),
        ('release_batch', 'text,bigint[],interval,integer[]'),
        ('resume_queue', 'text'),
        ('rows_truncated', ''),
        ('verify', ''),
        ('version', ''),
        ('wait', 'text,interval,boolean')),
    found AS (
        SELECT
            'pgqrs.' || e.name || '(' || e.arguments || ')' AS signature,
            'pgqrs_' || e.name AS symbol,
            p.prosrc,
            p.probin,
            p.oid
        FROM expected AS e
        LEFT JOIN pg_catalog.pg_proc AS p
            ON p.oid = pg_catalog.to_regprocedure('pgqrs.' || e.name || '(' || e.arguments || ')'))
    SELECT 'function', signature,
        CASE
            WHEN oid IS NULL THEN 'missing'
            ELSE 'does not call ' || symbol || ' of the library'
        END
    FROM found
    WHERE oid IS NULL
        OR prosrc <> symbol
        OR probin IS DISTINCT FROM '$libdir/pgqrs'
    ORDER BY 2
)sql");

// Steps from queue to queue along the order of delivery instead of reading all messages.
constinit pg::Statement check_messages(R"sql(
    WITH RECURSIVE present (queue_id) AS (
        SELECT min(queue_id) FROM pgqrs.messages
        UNION ALL
        SELECT (SELECT min(m.queue_id) FROM pgqrs.messages AS m WHERE m.queue_id > present.queue_id)
        FROM present
        WHERE present.queue_id IS NOT NULL)
    SELECT 'data', 'pgqrs.messages', 'messages of queue ' || queue_id || ', which does not exist'
    FROM present
    WHERE queue_id IS NOT NULL
        AND NOT EXISTS (SELECT FROM pgqrs.queues WHERE id = queue_id)
)sql",
                                       pg::Planning::indexed);

}  // namespace

void verify(pg::RowSink& sink) {
    pg::with_spi([&] {
        std::uint64_t faults = check_version.look_into(sink, {pg::text(core::kVersion)});
        for (pg::Statement* check : {&check_columns, &check_indexes, &check_constraints,
                                     &check_triggers, &check_types, &check_functions}) {
            faults += check->look_into(sink, {});
        }
        // With a table missing it could not be asked.
        if (faults == 0) {
            check_messages.look_into(sink, {});
        }
    });
}

}  // namespace pgqrs::queue
