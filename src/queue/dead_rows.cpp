#include "queue/dead_rows.hpp"

#include "engine/clock.hpp"
#include "pg/spi.hpp"

namespace pgqrs::queue {
namespace {

// Storage parameters of the table come before the settings, as for autovacuum. Who turned autovacuum off for
// a table does not want it vacuumed; who turned it off for the server is late. Parameters of -1 mean the setting.
constinit pg::Statement select_late(R"sql(
    SELECT
        c.oid::int8, c.relname::text, pg_stat_get_dead_tuples(c.oid), m.position,
        coalesce(
            nullif(o.cost_delay, '-1'),
            (SELECT nullif(setting, '-1') FROM pg_settings WHERE name = 'autovacuum_vacuum_cost_delay'),
            (SELECT setting FROM pg_settings WHERE name = 'vacuum_cost_delay')),
        coalesce(
            nullif(o.cost_limit, '-1'),
            (SELECT nullif(setting, '-1') FROM pg_settings WHERE name = 'autovacuum_vacuum_cost_limit'),
            (SELECT setting FROM pg_settings WHERE name = 'vacuum_cost_limit')),
        pg_stat_get_vacuum_count(c.oid)
    FROM pg_class AS c
    JOIN pg_namespace AS n ON n.oid = c.relnamespace AND n.nspname = 'pgqrs'
    JOIN pgqrs.maintenance AS m ON m.duty = 'vacuum ' || c.relname
    CROSS JOIN LATERAL (
        SELECT
            max(option_value) FILTER (WHERE option_name = 'autovacuum_enabled') AS enabled,
            max(option_value) FILTER (WHERE option_name = 'autovacuum_vacuum_threshold') AS threshold,
            max(option_value) FILTER (WHERE option_name = 'autovacuum_vacuum_max_threshold') AS most,
            max(option_value) FILTER (WHERE option_name = 'autovacuum_vacuum_scale_factor') AS factor,
            max(option_value) FILTER (WHERE option_name = 'autovacuum_vacuum_cost_delay') AS cost_delay,
            max(option_value) FILTER (WHERE option_name = 'autovacuum_vacuum_cost_limit') AS cost_limit
        FROM pg_options_to_table(c.reloptions)
    ) AS o
    WHERE c.relkind = 'r'
        AND coalesce(o.enabled::boolean, true)
        AND pg_stat_get_dead_tuples(c.oid) > 2 * least(
            coalesce(nullif(o.threshold, '-1'), current_setting('autovacuum_vacuum_threshold'))::float8
                + coalesce(nullif(o.factor, '-1'), current_setting('autovacuum_vacuum_scale_factor'))::float8
                    * greatest(c.reltuples, 0),
            nullif(coalesce(o.most, current_setting('autovacuum_vacuum_max_threshold', true)), '-1')::float8)
        AND coalesce(
            greatest(pg_stat_get_last_vacuum_time(c.oid), pg_stat_get_last_autovacuum_time(c.oid)),
            '-infinity') < clock_timestamp() - 2 * current_setting('autovacuum_naptime')::interval
        AND NOT EXISTS (
            SELECT
            FROM pg_locks AS l
            WHERE l.locktype = 'relation'
                AND l.database = (SELECT oid FROM pg_database WHERE datname = current_database())
                AND l.relation = c.oid
                AND l.mode = 'ShareUpdateExclusiveLock')
    ORDER BY 3 DESC
)sql");

constinit pg::Statement note(R"sql(
    UPDATE pgqrs.maintenance
    SET position = $2,
        last_at = $3,
        last_done = greatest($4 - pg_stat_get_dead_tuples($5::oid), 0),
        total_done = total_done + greatest($4 - pg_stat_get_dead_tuples($5::oid), 0)
    WHERE duty = 'vacuum ' || $1
        AND pg_stat_get_vacuum_count($5::oid) > $6
    RETURNING last_done
)sql");

}  // namespace

std::optional<LateTable> find_late_table() {
    return pg::with_spi([]() -> std::optional<LateTable> {
        const pg::Rows rows = select_late.run({});
        for (std::uint64_t row = 0; row < rows.count(); ++row) {
            const auto table = static_cast<Oid>(rows.int8(row, 1));
            const std::int64_t horizon = pg::oldest_needed_by(table);
            const pg::Value last = rows.at(row, 4);
            if (!last.null && horizon <= DatumGetInt64(last.datum)) {
                continue;
            }
            return LateTable{.table = table,
                             .name = std::string(pg::text_of(rows.at(row, 2))),
                             .dead = rows.int8(row, 3),
                             .horizon = horizon,
                             .vacuums = rows.int8(row, 7),
                             .pace = {std::string(pg::text_of(rows.at(row, 5))),
                                      std::string(pg::text_of(rows.at(row, 6)))}};
        }
        return std::nullopt;
    });
}

std::optional<std::int64_t> note_vacuumed(const LateTable& table) {
    return pg::with_spi([&]() -> std::optional<std::int64_t> {
        const pg::Rows noted =
            note.run({pg::text(std::string_view(table.name)), pg::int8(table.horizon),
                      pg::timestamptz(engine::clock_now()), pg::int8(table.dead),
                      pg::int8(table.table), pg::int8(table.vacuums)});
        return noted.empty() ? std::nullopt : std::optional(noted.int8(0, 1));
    });
}

}  // namespace pgqrs::queue
