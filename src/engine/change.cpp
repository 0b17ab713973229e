// See message_changes.hpp.
#include "engine/change.hpp"

#include <algorithm>
#include <string>

#include "pg/spi.hpp"
#include "engine/journal.hpp"

namespace pgqrs::engine {
namespace {

// Parameters of the statements: $1 queue id, $2 ids, $3 read_cts, and up to two more. They answer
// places in those arrays, from 1.
constexpr const char* kGiven =
    "ROWS FROM (pg_catalog.unnest($2), pg_catalog.unnest($3))"
    " WITH ORDINALITY AS given (id, read_ct, place)";
constexpr const char* kAreGiven = R"sql(
    WHERE m.{id} = given.id
        AND m.{queue_id} = $1
        AND (given.read_ct IS NULL OR m.{read_ct} = given.read_ct)
)sql";

// The casts take domains off.
constexpr const char* kAnswerRow = R"sql(
    RETURNING given.place, m.{id}::bigint, m.{available_at}::pg_catalog.timestamptz,
        m.enqueued_at::pg_catalog.timestamptz, m.{queue_id}::integer, m.{read_ct}::integer,
        m.{priority}::smallint, m.{vt}::pg_catalog.timestamptz,
        m.{delivered_at}::pg_catalog.timestamptz, m.{worker_id}::bigint,
        m.headers::pg_catalog.jsonb, m.payload::pg_catalog.jsonb
)sql";

// $4 when it shall be available, null for at once, $5 now.
constexpr const char* kRelease = R"sql(
    SET {vt} = NULL,
        {worker_id} = NULL,
        {available_at} = coalesce($4, least(m.{available_at}, $5))
)sql";

struct Statements {
    explicit Statements(const MessageTable& table)
        : remove(std::string("DELETE FROM {table} AS m USING ") + kGiven + kAreGiven + kAnswerRow,
                 table),
          release(std::string("UPDATE {table} AS m") + kRelease + "FROM " + kGiven + kAreGiven +
                      "RETURNING given.place",
                  table),
          extend(std::string("UPDATE {table} AS m SET {vt} = $4 FROM ") + kGiven + kAreGiven +
                     "AND m.{vt} IS NOT NULL RETURNING given.place",
                 table) {}

    TableStatement remove;
    TableStatement release;
    TableStatement extend;
};

Statements& statements() { return statements_of<Statements>(); }

std::optional<pg::PlainTable> plain_table(const MessageTable& table) {
    return pg::plain_table(pg::relation_oid(table.table.relation), table.table.columns);
}

RowsById rows_of(const MessageTable& table, const pg::PlainTable& plain, std::int32_t queue_id,
                 const SortedDeliveries& deliveries) {
    return {.table = plain,
            .columns = table.table.columns,
            .id = MessageColumn::id,
            .queue_id = MessageColumn::queue_id,
            .read_ct = MessageColumn::read_ct,
            .priority = MessageColumn::priority,
            .available_at = MessageColumn::available_at,
            .vt = MessageColumn::vt,
            .enqueued_at = MessageColumn::enqueued_at,
            .delivered_at = MessageColumn::delivered_at,
            .in_queue = queue_id,
            .keys = deliveries.keys(),
            .touched = touched(plain.relation, queue_id)};
}

std::size_t place_of(const pg::Rows& rows, std::uint64_t row) {
    return static_cast<std::size_t>(rows.int8(row, 1)) - 1;
}

void remove_by_statement(std::int32_t queue_id, const SortedDeliveries& deliveries,
                         RemovedMessages* removed) {
    pg::with_spi([&] {
        const pg::Rows rows =
            statements().remove->run({pg::int4(queue_id), deliveries.ids(), deliveries.read_cts()});
        removed->resize(rows.count());
        pg::Value* cell = removed->mutable_cells();
        for (std::uint64_t row = 0; row < rows.count(); ++row) {
            removed->mutable_places()[row] = place_of(rows, row);
            for (std::size_t column = 0; column < MessageColumn::count; ++column) {
                *cell++ = rows.keep(row, static_cast<int>(column) + 2);
            }
        }
    });
}

std::vector<std::size_t> change_by_statement(TableStatement& statement, std::int32_t queue_id,
                                             const SortedDeliveries& deliveries,
                                             const pg::Value& fourth, const pg::Value& fifth) {
    return pg::with_spi([&] {
        const pg::Rows rows = statement->run(
            {pg::int4(queue_id), deliveries.ids(), deliveries.read_cts(), fourth, fifth});
        std::vector<std::size_t> places(rows.count());
        for (std::uint64_t row = 0; row < rows.count(); ++row) {
            places[row] = place_of(rows, row);
        }
        return places;
    });
}

int priority_of(const pg::Value* cells) {
    return DatumGetInt16(cells[MessageColumn::priority].datum);
}

std::int64_t id_of(const pg::Value* cells) { return DatumGetInt64(cells[MessageColumn::id].datum); }

// Nothing when it must be done by a statement.
std::optional<std::vector<std::size_t>> change_directly(const MessageTable& table,
                                                        std::int32_t queue_id,
                                                        const SortedDeliveries& deliveries,
                                                        const RowEdit& edit) {
    const auto plain = plain_table(table);
    if (!plain) {
        return std::nullopt;
    }
    const RowsById rows = rows_of(table, *plain, queue_id, deliveries);
    if (!can_change(rows)) {
        return std::nullopt;
    }
    std::vector<std::size_t> places(deliveries.keys().size());
    places.resize(change_rows(rows, edit, places.data()));
    return places;
}

}  // namespace

RemovedMessages remove_messages(const MessageTable& table, std::int32_t queue_id,
                                const SortedDeliveries& deliveries, Values wanted) {
    RemovedMessages removed;
    if (const auto plain = plain_table(table)) {
        const RowsById rows = rows_of(table, *plain, queue_id, deliveries);
        if (can_remove(rows)) {
            removed.resize(deliveries.keys().size());
            removed.resize(
                remove_rows(rows, wanted, removed.mutable_places(), removed.mutable_cells()));
            return removed;
        }
    }
    remove_by_statement(queue_id, deliveries, &removed);
    return removed;
}

std::vector<std::size_t> release_messages(const MessageTable& table, std::int32_t queue_id,
                                          const SortedDeliveries& deliveries,
                                          std::optional<Timestamp> available_at) {
    const Timestamp now = clock_now();
    core::Touched& touches = touched(pg::relation_oid(table.table.relation), queue_id);
    const auto edit = [&](pg::Value* cells) {
        pg::Value& at = cells[MessageColumn::available_at];
        const auto time = available_at.value_or(std::min(pg::timestamp_of(at), now));
        at = pg::timestamptz(time);
        touches.enqueued(priority_of(cells), {time, id_of(cells)}, time <= now ? 1 : 0);
        cells[MessageColumn::vt] = pg::null_of(TIMESTAMPTZOID);
        cells[MessageColumn::worker_id] = pg::null_of(INT8OID);
        return true;
    };
    auto places = change_directly(table, queue_id, deliveries, row_edit(edit));
    return places ? *places
                  : change_by_statement(
                        statements().release, queue_id, deliveries,
                        available_at ? pg::timestamptz(*available_at) : pg::null_of(TIMESTAMPTZOID),
                        pg::timestamptz(now));
}

std::vector<std::size_t> extend_messages(const MessageTable& table, std::int32_t queue_id,
                                         const SortedDeliveries& deliveries, Timestamp lease_end) {
    core::Touched& touches = touched(pg::relation_oid(table.table.relation), queue_id);
    const auto edit = [&](pg::Value* cells) {
        pg::Value& vt = cells[MessageColumn::vt];
        if (vt.null) {
            return false;
        }
        vt = pg::timestamptz(lease_end);
        touches.leased(priority_of(cells),
                       {pg::timestamp_of(cells[MessageColumn::available_at]), id_of(cells)},
                       lease_end);
        return true;
    };
    auto places = change_directly(table, queue_id, deliveries, row_edit(edit));
    return places ? *places
                  : change_by_statement(statements().extend, queue_id, deliveries,
                                        pg::timestamptz(lease_end), pg::null_of(TIMESTAMPTZOID));
}

}  // namespace pgqrs::engine
