// Compares the catalogs with what the build reads from sql/parts (src/queue/expected).
//
// Both sides use the same words about an object, such as "UNIQUE INDEX ON pgqrs.queues USING btree
// (id)". The words are put together from columns of the catalogs, for what format_type(),
// pg_get_indexdef() and casts to reg types print depends on settings of the session. All types,
// functions and operators are PostgreSQL's own, whatever others have created: names are qualified,
// and operators get operands of just their types.
#include "queue/verify.hpp"

#include "core/version.hpp"
#include "engine/access.hpp"
#include "engine/slots.hpp"
#include "engine/tables.hpp"
#include "queue/expected.hpp"

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

// Planned once, and not compiled by the server's JIT, which takes a second for a statement of this size.
constinit pg::Statement check_objects(R"sql(
    WITH expected (kind, object, facts) AS MATERIALIZED (
        SELECT e.kind, e.object, e.facts
        FROM pg_catalog.jsonb_to_recordset($1::pg_catalog.jsonb)
            AS e (kind pg_catalog.text, object pg_catalog.text, facts pg_catalog.jsonb)),
    -- The catalogs are looked up by name: others may have many objects in the database.
    wanted (kind, namespace, schema, name) AS MATERIALIZED (
        SELECT DISTINCT e.kind, n.oid, n.nspname::pg_catalog.text,
            pg_catalog.split_part(pg_catalog.split_part(e.object, '.', 2), '(', 1)::pg_catalog.name
        FROM expected AS e
        JOIN pg_catalog.pg_namespace AS n ON n.nspname = pg_catalog.split_part(e.object, '.', 1)::pg_catalog.name
        WHERE e.kind IN ('table', 'type', 'function')),
    relations (oid, schema, name, kind) AS MATERIALIZED (
        SELECT c.oid, w.schema, pg_catalog.concat(w.schema, '.', w.name), c.relkind
        FROM wanted AS w
        JOIN pg_catalog.pg_class AS c ON c.relname = w.name AND c.relnamespace = w.namespace
        WHERE w.kind = 'table'
            AND c.relkind IN ('r', 'p', 'v', 'm', 'f')),
    wanted_types (type, name) AS MATERIALIZED (
        SELECT t, pg_catalog.concat(w.schema, '.', w.name)
        FROM wanted AS w
        JOIN pg_catalog.pg_type AS t ON t.typname = w.name AND t.typnamespace = w.namespace
        WHERE w.kind = 'type'),
    types (oid, name) AS NOT MATERIALIZED (
        SELECT t.oid, pg_catalog.concat(
            CASE WHEN n.nspname <> 'pg_catalog' THEN pg_catalog.concat(n.nspname, '.') END,
            CASE WHEN n.nspname <> 'pg_catalog' THEN b.typname::pg_catalog.text
                ELSE CASE b.typname
                    WHEN 'int8' THEN 'bigint'
                    WHEN 'int4' THEN 'integer'
                    WHEN 'int2' THEN 'smallint'
                    WHEN 'bool' THEN 'boolean'
                    WHEN 'float8' THEN 'double precision'
                    WHEN 'float4' THEN 'real'
                    ELSE b.typname::pg_catalog.text
                END
            END,
            CASE WHEN b.oid <> t.oid THEN '[]' END)
        FROM pg_catalog.pg_type AS t
        LEFT JOIN pg_catalog.pg_type AS e ON e.oid = t.typelem AND e.typarray = t.oid
        JOIN pg_catalog.pg_type AS b ON b.oid = coalesce(e.oid, t.oid)
        JOIN pg_catalog.pg_namespace AS n ON n.oid = b.typnamespace),
    attributes (relation, number, name, type, attribute) AS NOT MATERIALIZED (
        SELECT a.attrelid, a.attnum, a.attname,
            pg_catalog.concat(
                (SELECT t.name FROM types AS t WHERE t.oid = a.atttypid),
                CASE WHEN a.atttypmod <> -1 THEN ' with a modifier' END),
            a
        FROM pg_catalog.pg_attribute AS a
        WHERE a.attnum > 0
            AND NOT a.attisdropped),
    found (kind, object, property, value) AS MATERIALIZED (
        SELECT 'table', r.name, 'kind',
            CASE r.kind
                WHEN 'r' THEN 'a table'
                WHEN 'p' THEN 'a partitioned table'
                WHEN 'f' THEN 'a foreign table'
                ELSE 'a view'
            END
        FROM relations AS r
        UNION ALL
        SELECT 'column', pg_catalog.concat(r.name, '.', a.name), f.*
        FROM relations AS r
        JOIN attributes AS a ON a.relation = r.oid
        CROSS JOIN LATERAL (VALUES
            ('type', a.type),
            ('nulls', CASE WHEN (a.attribute).attnotnull THEN 'NOT NULL' ELSE 'allows NULL' END),
            ('default', CASE WHEN (a.attribute).atthasdef THEN 'has a default' ELSE 'has no default' END),
            ('generated', CASE (a.attribute).attgenerated WHEN 's' THEN 'stored' WHEN 'v' THEN 'virtual' END),
            ('identity', CASE (a.attribute).attidentity WHEN 'a' THEN 'always' WHEN 'd' THEN 'by default' END)) AS f
        UNION ALL
        SELECT 'index', pg_catalog.concat(r.schema, '.', c.relname), f.*
        FROM relations AS r
        JOIN pg_catalog.pg_index AS i ON i.indrelid = r.oid
        JOIN pg_catalog.pg_class AS c ON c.oid = i.indexrelid
        JOIN pg_catalog.pg_am AS m ON m.oid = c.relam
        CROSS JOIN LATERAL (
            SELECT
                pg_catalog.string_agg(k.name, ', ' ORDER BY k.n) FILTER (WHERE k.n <= i.indnkeyatts) AS keys,
                pg_catalog.string_agg(k.name, ', ' ORDER BY k.n) FILTER (WHERE k.n > i.indnkeyatts) AS included
            FROM (
                SELECT k.n, pg_catalog.concat(
                    coalesce(a.attname::pg_catalog.text, '(expression)'),
                    CASE WHEN k.collation_oid <> a.attcollation
                        THEN pg_catalog.concat(' COLLATE ', l.collname) END,
                    CASE WHEN NOT o.opcdefault THEN pg_catalog.concat(' ', o.opcname) END,
                    CASE k.option
                        WHEN '1' THEN ' DESC NULLS LAST'
                        WHEN '2' THEN ' NULLS FIRST'
                        WHEN '3' THEN ' DESC'
                    END)
                FROM ROWS FROM (
                    pg_catalog.unnest(i.indkey::pg_catalog.int2[]),
                    pg_catalog.unnest(i.indcollation::pg_catalog.oid[]),
                    pg_catalog.unnest(i.indclass::pg_catalog.oid[]),
                    pg_catalog.unnest(i.indoption::pg_catalog.int2[]))
                    WITH ORDINALITY AS k (attnum, collation_oid, class, option, n)
                LEFT JOIN pg_catalog.pg_attribute AS a ON a.attrelid = r.oid AND a.attnum = k.attnum
                LEFT JOIN pg_catalog.pg_collation AS l ON l.oid = k.collation_oid
                LEFT JOIN pg_catalog.pg_opclass AS o ON o.oid = k.class) AS k (n, name)) AS k
        CROSS JOIN LATERAL (VALUES
            ('definition', pg_catalog.concat(
                CASE WHEN i.indisunique THEN 'UNIQUE ' END,
                'INDEX ON ', r.name, ' USING ', m.amname, ' (', k.keys, ')',
                CASE WHEN k.included IS NOT NULL THEN pg_catalog.concat(' INCLUDE (', k.included, ')') END,
                CASE WHEN i.indnullsnotdistinct THEN ' NULLS NOT DISTINCT' END,
                CASE WHEN i.indpred IS NOT NULL THEN ' WHERE' END)),
            ('state', CASE WHEN i.indisvalid AND i.indisready AND i.indislive THEN 'valid' ELSE 'invalid' END)) AS f
        UNION ALL
        SELECT 'constraint', pg_catalog.concat(o.name, '.', c.conname), f.*
        FROM (
            SELECT r.name, r.oid, '0'::pg_catalog.oid FROM relations AS r
            UNION ALL
            SELECT t.name, '0'::pg_catalog.oid, (t.type).oid FROM wanted_types AS t) AS o (name, relation, type)
        JOIN pg_catalog.pg_constraint AS c ON c.conrelid = o.relation AND c.contypid = o.type
        CROSS JOIN LATERAL (VALUES
            ('definition', pg_catalog.concat(
                CASE c.contype
                    WHEN 'c' THEN 'CHECK'
                    WHEN 'p' THEN 'PRIMARY KEY'
                    WHEN 'u' THEN 'UNIQUE'
                    WHEN 'f' THEN 'FOREIGN KEY'
                END,
                CASE WHEN o.type = '0' THEN pg_catalog.concat(' (', (
                    SELECT pg_catalog.string_agg(
                        a.attname::pg_catalog.text, ', ' ORDER BY CASE c.contype WHEN 'c' THEN a.attname END, k.n)
                    FROM ROWS FROM (pg_catalog.unnest(c.conkey)) WITH ORDINALITY AS k (attnum, n)
                    JOIN pg_catalog.pg_attribute AS a ON a.attrelid = c.conrelid AND a.attnum = k.attnum), ')')
                END,
                (SELECT pg_catalog.concat(' REFERENCES ', n.nspname, '.', o.relname)
                FROM pg_catalog.pg_class AS o
                JOIN pg_catalog.pg_namespace AS n ON n.oid = o.relnamespace
                WHERE o.oid = c.confrelid),
                CASE WHEN c.contype = 'f' THEN pg_catalog.concat(' (', (
                    SELECT pg_catalog.string_agg(a.attname::pg_catalog.text, ', ' ORDER BY k.n)
                    FROM ROWS FROM (pg_catalog.unnest(c.confkey)) WITH ORDINALITY AS k (attnum, n)
                    JOIN pg_catalog.pg_attribute AS a ON a.attrelid = c.confrelid AND a.attnum = k.attnum), ')')
                END,
                CASE c.confdeltype
                    WHEN 'c' THEN ' ON DELETE CASCADE'
                    WHEN 'r' THEN ' ON DELETE RESTRICT'
                    WHEN 'n' THEN ' ON DELETE SET NULL'
                    WHEN 'd' THEN ' ON DELETE SET DEFAULT'
                END,
                CASE c.confupdtype
                    WHEN 'c' THEN ' ON UPDATE CASCADE'
                    WHEN 'r' THEN ' ON UPDATE RESTRICT'
                    WHEN 'n' THEN ' ON UPDATE SET NULL'
                    WHEN 'd' THEN ' ON UPDATE SET DEFAULT'
                END,
                CASE WHEN c.condeferrable THEN ' DEFERRABLE' END,
                CASE WHEN c.condeferred THEN ' INITIALLY DEFERRED' END)),
            ('state', CASE WHEN c.convalidated THEN 'valid' ELSE 'not valid' END)) AS f
        WHERE c.contype IN ('c', 'p', 'u', 'f')
        UNION ALL
        SELECT 'trigger', pg_catalog.concat(r.name, '.', t.tgname), f.*
        FROM relations AS r
        JOIN pg_catalog.pg_trigger AS t ON t.tgrelid = r.oid AND NOT t.tgisinternal
        JOIN pg_catalog.pg_proc AS p ON p.oid = t.tgfoid
        JOIN pg_catalog.pg_namespace AS n ON n.oid = p.pronamespace
        CROSS JOIN LATERAL (VALUES (t.tgtype::pg_catalog.int4)) AS b (bits)
        CROSS JOIN LATERAL (VALUES
            ('definition', pg_catalog.concat(
                CASE WHEN t.tgconstraint <> '0' THEN 'CONSTRAINT ' END,
                CASE
                    WHEN b.bits & 2 <> 0 THEN 'BEFORE '
                    WHEN b.bits & 64 <> 0 THEN 'INSTEAD OF '
                    ELSE 'AFTER '
                END,
                pg_catalog.concat_ws(' OR ',
                    CASE WHEN b.bits & 4 <> 0 THEN 'INSERT' END,
                    CASE WHEN b.bits & 8 <> 0 THEN 'DELETE' END,
                    CASE WHEN b.bits & 16 <> 0 THEN pg_catalog.concat('UPDATE', (
                        SELECT pg_catalog.concat(
                            ' OF ', pg_catalog.string_agg(a.attname::pg_catalog.text, ', ' ORDER BY k.n))
                        FROM ROWS FROM (pg_catalog.unnest(t.tgattr::pg_catalog.int2[]))
                            WITH ORDINALITY AS k (attnum, n)
                        JOIN pg_catalog.pg_attribute AS a ON a.attrelid = t.tgrelid AND a.attnum = k.attnum
                        HAVING pg_catalog.count(*) > 0)) END,
                    CASE WHEN b.bits & 32 <> 0 THEN 'TRUNCATE' END),
                CASE WHEN t.tgdeferrable THEN ' DEFERRABLE' END,
                CASE WHEN t.tginitdeferred THEN ' INITIALLY DEFERRED' END,
                CASE WHEN b.bits & 1 <> 0 THEN ' FOR EACH ROW' ELSE ' FOR EACH STATEMENT' END,
                CASE WHEN t.tgqual IS NOT NULL THEN ' WHEN' END,
                ' EXECUTE ', n.nspname, '.', p.proname,
                CASE WHEN t.tgnargs <> '0' THEN ' with arguments' END)),
            ('state', CASE t.tgenabled
                WHEN 'D' THEN 'disabled'
                WHEN 'R' THEN 'enabled for replicas only'
                WHEN 'A' THEN 'enabled always'
                ELSE 'enabled'
            END)) AS f
        UNION ALL
        SELECT 'type', t.name, f.*
        FROM wanted_types AS t
        CROSS JOIN LATERAL (VALUES
            ('attributes', (
                SELECT pg_catalog.string_agg(pg_catalog.concat(a.name, ' ', a.type), ', ' ORDER BY a.number)
                FROM attributes AS a
                WHERE a.relation = (t.type).typrelid)),
            ('values', (
                SELECT pg_catalog.string_agg(e.enumlabel::pg_catalog.text, ', ' ORDER BY e.enumsortorder)
                FROM pg_catalog.pg_enum AS e
                WHERE e.enumtypid = (t.type).oid)),
            ('base', (
                SELECT pg_catalog.concat(b.name, CASE WHEN (t.type).typtypmod <> -1 THEN ' with a modifier' END)
                FROM types AS b
                WHERE b.oid = (t.type).typbasetype)),
            ('nulls', CASE WHEN (t.type).typnotnull THEN 'NOT NULL' ELSE 'allows NULL' END),
            ('default', CASE WHEN (t.type).typdefault IS NOT NULL THEN 'has a default' ELSE 'has no default' END)) AS f
        UNION ALL
        SELECT 'function', pg_catalog.concat(w.schema, '.', w.name, '(', a.types, ')'), f.*
        FROM wanted AS w
        JOIN pg_catalog.pg_proc AS p ON p.proname = w.name AND p.pronamespace = w.namespace
        JOIN pg_catalog.pg_language AS l ON l.oid = p.prolang
        CROSS JOIN LATERAL (
            SELECT
                pg_catalog.string_agg(a.type, ',' ORDER BY a.n) FILTER (WHERE a.is_input),
                pg_catalog.string_agg(pg_catalog.concat(
                    CASE a.mode
                        WHEN 'o' THEN 'OUT '
                        WHEN 'b' THEN 'INOUT '
                        WHEN 'v' THEN 'VARIADIC '
                        WHEN 't' THEN 'TABLE '
                    END,
                    a.name, ' ', a.type,
                    CASE WHEN a.is_input AND a.input > p.pronargs - p.pronargdefaults THEN ' DEFAULT' END),
                    ', ' ORDER BY a.n)
            FROM (
                SELECT a.n, a.mode, a.name, i.is_input,
                    pg_catalog.count(*) FILTER (WHERE i.is_input) OVER (ORDER BY a.n),
                    (SELECT t.name FROM types AS t WHERE t.oid = a.type)
                FROM ROWS FROM (
                    pg_catalog.unnest(coalesce(p.proallargtypes, p.proargtypes::pg_catalog.oid[])),
                    pg_catalog.unnest(p.proargmodes),
                    pg_catalog.unnest(p.proargnames)) WITH ORDINALITY AS a (type, mode, name, n)
                CROSS JOIN LATERAL (VALUES (coalesce(a.mode, 'i') IN ('i', 'b', 'v'))) AS i (is_input))
                AS a (n, mode, name, is_input, input, type)) AS a (types, list)
        CROSS JOIN LATERAL (VALUES
            ('kind', CASE p.prokind
                WHEN 'f' THEN 'a function'
                WHEN 'p' THEN 'a procedure'
                WHEN 'a' THEN 'an aggregate'
                ELSE 'a window function'
            END),
            ('arguments', coalesce(a.list, '')),
            ('result', pg_catalog.concat(
                CASE WHEN p.proretset THEN 'SETOF ' END, (SELECT t.name FROM types AS t WHERE t.oid = p.prorettype))),
            ('language', l.lanname::pg_catalog.text),
            ('volatility', CASE p.provolatile WHEN 'i' THEN 'immutable' WHEN 's' THEN 'stable' ELSE 'volatile' END),
            ('parallel', CASE p.proparallel
                WHEN 's' THEN 'parallel safe'
                WHEN 'r' THEN 'parallel restricted'
                ELSE 'parallel unsafe'
            END),
            ('security', CASE WHEN p.prosecdef THEN 'security definer' ELSE 'security invoker' END),
            ('strictness', CASE WHEN p.proisstrict THEN 'strict' ELSE 'not strict' END),
            ('settings', pg_catalog.array_to_string(p.proconfig, '; ')),
            ('body', p.prosrc),
            ('call', CASE WHEN l.lanname = 'c' AND p.probin = '$libdir/pgqrs'
                THEN pg_catalog.concat(p.prosrc, ' of the library') END)) AS f
        WHERE w.kind = 'function')
    SELECT a.kind, a.object, a.fault
    FROM (
        SELECT e.kind, e.object, 'missing'
        FROM expected AS e
        WHERE NOT EXISTS (SELECT FROM found AS f WHERE f.kind = e.kind AND f.object = e.object)
            -- Of a missing table, only the table is named and not its columns.
            AND (e.kind <> 'column' OR EXISTS (
                SELECT
                FROM relations AS r
                WHERE r.name = pg_catalog.concat_ws('.',
                    pg_catalog.split_part(e.object, '.', 1), pg_catalog.split_part(e.object, '.', 2))))
        UNION ALL
        SELECT e.kind, e.object, CASE
            WHEN e.property = 'call' THEN pg_catalog.concat('does not call ', e.value)
            WHEN e.property = 'body' THEN 'has another body'
            WHEN f.value IN ('allows NULL', 'has no default', 'disabled', 'invalid', 'not valid') THEN f.value
            WHEN e.property IN ('attributes', 'values')
            THEN pg_catalog.concat_ws(' ', 'has', e.property, coalesce(f.value, 'none'))
            ELSE pg_catalog.concat_ws(' ',
                CASE
                    WHEN e.property IN
                        ('kind', 'definition', 'state', 'volatility', 'parallel', 'security', 'strictness')
                    THEN 'is'
                    ELSE pg_catalog.concat('has ', e.property)
                END, coalesce(f.value, 'none'), 'instead of', e.value)
        END
        FROM (
            SELECT e.kind, e.object, p.key, p.value
            FROM expected AS e
            CROSS JOIN LATERAL pg_catalog.jsonb_each_text(e.facts) AS p (key, value))
            AS e (kind, object, property, value)
        JOIN found AS f ON f.kind = e.kind AND f.object = e.object AND f.property = e.property
        WHERE f.value IS DISTINCT FROM e.value
            -- More than is needed.
            AND (e.value <> 'enabled' OR f.value <> 'enabled always')) AS a (kind, object, fault)
    ORDER BY a.kind COLLATE pg_catalog."C", a.object COLLATE pg_catalog."C", a.fault COLLATE pg_catalog."C"
)sql",
                                      pg::Planning::indexed);

// Steps from queue to queue along the order of delivery instead of reading all messages.
constinit pg::Statement check_messages(R"sql(
    WITH RECURSIVE present (queue_id) AS (
        SELECT pg_catalog.min(m.queue_id) FROM pgqrs.messages AS m
        UNION ALL
        SELECT (SELECT pg_catalog.min(m.queue_id) FROM pgqrs.messages AS m WHERE m.queue_id > p.queue_id)
        FROM present AS p
        WHERE p.queue_id IS NOT NULL)
    SELECT 'data', 'pgqrs.messages', pg_catalog.concat('messages of queue ', p.queue_id, ', which does not exist')
    FROM present AS p
    WHERE p.queue_id IS NOT NULL
        AND NOT EXISTS (SELECT FROM pgqrs.queues AS q WHERE q.id = p.queue_id)
)sql",
                                       pg::Planning::indexed);

constinit pg::Statement check_settings(R"sql(
    SELECT 'setting', 'pgqrs.queues', pg_catalog.concat(
        'enqueue_rate of queue ', q.name, ' is not enforced without pgqrs in shared_preload_libraries')
    FROM pgqrs.queues AS q
    WHERE q.enqueue_rate IS NOT NULL
    ORDER BY q.name
)sql");

// It tells of no message, so a right on any queue is enough.
void look_for_orphans(pg::RowSink& sink) {
    const std::initializer_list<engine::Need> kRead = {{&engine::kQueues, ACL_SELECT},
                                                       {&engine::kMessages, ACL_SELECT}};
    if (engine::queues_in_reach(core::rights_for("verify"), kRead)) {
        const engine::StatementRights rights(kRead);
        check_messages.look_into(sink, {});
    } else {
        check_messages.look_into(sink, {});
    }
}

void look_for_idle_settings(pg::RowSink& sink) {
    const std::initializer_list<engine::Need> kRead = {{&engine::kQueues, ACL_SELECT}};
    if (engine::has_shared_memory()) {
        return;
    }
    if (engine::queues_in_reach(core::rights_for("verify"), kRead)) {
        const engine::StatementRights rights(kRead);
        check_settings.look_into(sink, {});
    } else {
        check_settings.look_into(sink, {});
    }
}

}  // namespace

void verify(pg::RowSink& sink) {
    pg::with_spi([&] {
        std::uint64_t faults = check_version.look_into(sink, {pg::text(core::kVersion)});
        faults += check_objects.look_into(sink, {pg::text(kExpectedObjects)});
        // With a table missing it could not be asked.
        if (faults == 0) {
            look_for_orphans(sink);
            look_for_idle_settings(sink);
        }
    });
}

}  // namespace pgqrs::queue
