// See finishing.hpp.
#include "pgqrs/store/finishing.hpp"

#include <array>
#include <string>

#include "pgqrs/pg/clock.hpp"
#include "pgqrs/pg/spi.hpp"
#include "pgqrs/pg/transaction.hpp"
#include "pgqrs/store/departures.hpp"
#include "pgqrs/store/message_table.hpp"
#include "pgqrs/store/queue_registry.hpp"
#include "pgqrs/store/sorted_deliveries.hpp"
#include "pgqrs/store/table_writer.hpp"

namespace pgqrs::store {
namespace {

// Parameters of the statements for one: $1 queue id, $2 message id, $3 read_ct or null, and up to two
// more.
constexpr const char* kThisDelivery = R"sql(
    WHERE m.{id} = $2
        AND m.{queue_id} = $1
        AND ($3 IS NULL OR m.{read_ct} = $3)
)sql";

// Parameters of the statements for many: $1 queue id, $2 ids, $3 read_cts; they answer the positions
// in those arrays, which are sorted by id so that concurrent calls lock rows in one order.
constexpr const char* kTheseDeliveries =
    "ROWS FROM (pg_catalog.unnest($2), pg_catalog.unnest($3))"
    " WITH ORDINALITY AS given (id, read_ct, place)";
constexpr const char* kAreTheseDeliveries = R"sql(
    m.{id} = given.id
        AND m.{queue_id} = $1
        AND (given.read_ct IS NULL OR m.{read_ct} = given.read_ct)
)sql";

// The archive's columns, and where their values come from. $4 now.
constexpr std::array<pg::Column, 14> kArchiveColumns = {{{"id", INT8OID},
                                                         {"available_at", TIMESTAMPTZOID},
                                                         {"enqueued_at", TIMESTAMPTZOID},
                                                         {"queue_id", INT4OID},
                                                         {"read_ct", INT4OID},
                                                         {"priority", INT2OID},
                                                         {"vt", TIMESTAMPTZOID},
                                                         {"delivered_at", TIMESTAMPTZOID},
                                                         {"worker_id", INT8OID},
                                                         {"archived_at", TIMESTAMPTZOID},
                                                         {"processing_duration", INTERVALOID},
                                                         {"outcome", ANYENUMOID},
                                                         {"headers", JSONBOID},
                                                         {"payload", JSONBOID}}};
constexpr const char* kArchiveRow = R"sql(
    RETURNING m.{id}::bigint, m.{available_at}::pg_catalog.timestamptz,
        m.enqueued_at::pg_catalog.timestamptz, m.{queue_id}::integer, m.{read_ct}::integer,
        m.{priority}::smallint, m.{vt}::pg_catalog.timestamptz,
        m.{delivered_at}::pg_catalog.timestamptz, m.{worker_id}::bigint, $4,
        $4 - m.{delivered_at}::pg_catalog.timestamptz, 'done'::pgqrs.outcome,
        m.headers::pg_catalog.jsonb, m.payload::pg_catalog.jsonb
)sql";

// $4 when it shall be available, null for at once, $5 now. A message in flight keeps its place in
// the order when it is released at once; a delayed one becomes available.
constexpr const char* kRelease = R"sql(
    SET {vt} = NULL,
        {worker_id} = NULL,
        {available_at} = coalesce($4, least(m.{available_at}, $5))
)sql";

struct Statements {
    explicit Statements(const MessageTable& table)
        : archive_one(std::string("DELETE FROM {table} AS m") + kThisDelivery + kArchiveRow, table),
          archive_many(std::string("DELETE FROM {table} AS m USING ") + kTheseDeliveries +
                           " WHERE " + kAreTheseDeliveries + kArchiveRow + ", given.place",
                       table),
          delete_one(std::string("DELETE FROM {table} AS m") + kThisDelivery, table),
          delete_many(std::string("DELETE FROM {table} AS m USING ") + kTheseDeliveries +
                          " WHERE " + kAreTheseDeliveries + "RETURNING given.place",
                      table),
          release_one(std::string("UPDATE {table} AS m") + kRelease + kThisDelivery, table),
          release_many(std::string("UPDATE {table} AS m") + kRelease + " FROM " + kTheseDeliveries +
                           " WHERE " + kAreTheseDeliveries + "RETURNING given.place",
                       table),
          find_one(std::string("SELECT 1 FROM {table} AS m") + kThisDelivery, table),
          extend_one(std::string("UPDATE {table} AS m SET {vt} = $4") + kThisDelivery +
                         "AND m.{vt} IS NOT NULL",
                     table) {}

    TableStatement archive_one;
    TableStatement archive_many;
    TableStatement delete_one;
    TableStatement delete_many;
    TableStatement release_one;
    TableStatement release_many;
    TableStatement find_one;
    TableStatement extend_one;
};

Statements& statements() { return statements_of<Statements>(); }

pg::Value now() { return pg::timestamptz(pg::clock_now()); }

// Null: at once.
pg::Value release_time(core::Duration delay) {
    return delay == 0 ? pg::null_of(TIMESTAMPTZOID) : pg::timestamptz(pg::clock_now() + delay);
}

// For a finish that found nothing: a snapshot that is too old to see the message shall not look like
// a lost lease.
void check_snapshot(std::int32_t queue_id, const Delivery& delivery) {
    const auto find = [&](bool latest) {
        const auto values = {pg::int4(queue_id), pg::int8(delivery.id), pg::int4(delivery.read_ct)};
        auto& statement = *statements().find_one;
        return !(latest ? statement.run_latest(values) : statement.run(values)).empty();
    };
    if (pg::has_transaction_snapshot() && find(true) && !find(false)) {
        pg::raise_serialization_failure();
    }
}

void check_snapshot(std::int32_t queue_id, const std::vector<Delivery>& deliveries,
                    const std::vector<bool>& done) {
    for (std::size_t i = 0; pg::has_transaction_snapshot() && i < deliveries.size(); ++i) {
        if (!done[i]) {
            check_snapshot(queue_id, deliveries[i]);
        }
    }
}

// Runs a statement for one.
pg::Rows finish(TableStatement& statement, std::int32_t queue_id, const Delivery& delivery,
                const pg::Value& fourth = pg::null_of(TIMESTAMPTZOID),
                const pg::Value& fifth = pg::null_of(TIMESTAMPTZOID)) {
    const pg::Rows rows = statement->run(
        {pg::int4(queue_id), pg::int8(delivery.id), pg::int4(delivery.read_ct), fourth, fifth});
    if (rows.empty()) {
        check_snapshot(queue_id, delivery);
    }
    return rows;
}

// Adds what a DELETE with kArchiveRow answered.
void keep_in_archive(const pg::Rows& deleted) {
    if (deleted.empty()) {
        return;
    }
    std::vector<pg::Value> cells;
    cells.reserve(deleted.count() * kArchiveColumns.size());
    for (std::uint64_t row = 0; row < deleted.count(); ++row) {
        for (std::size_t column = 1; column <= kArchiveColumns.size(); ++column) {
            cells.push_back(deleted.at(row, static_cast<int>(column)));
        }
    }
    insert_rows({"archive", kArchiveColumns}, cells);
}

}  // namespace

bool archive(std::string_view name, const Delivery& delivery) {
    return pg::with_spi([&] {
        const Queue queue = hold_queue(name);
        const pg::Rows deleted = finish(statements().archive_one, queue.id, delivery, now());
        keep_in_archive(deleted);
        return !deleted.empty();
    });
}

bool remove(std::string_view name, const Delivery& delivery) {
    return pg::with_spi([&] {
        const Queue queue = hold_queue(name);
        const bool done = !finish(statements().delete_one, queue.id, delivery).empty();
        if (done) {
            record_departures(queue.id, 1, 0);
        }
        return done;
    });
}

bool release(std::string_view name, const Delivery& delivery, core::Duration delay) {
    core::check_delay(delay, "delay");
    return pg::with_spi([&] {
        const Queue queue = hold_queue(name);
        return !finish(statements().release_one, queue.id, delivery, release_time(delay), now())
                    .empty();
    });
}

bool extend_visibility(std::string_view name, const Delivery& delivery, core::Duration by) {
    core::check_visibility(by, "by");
    return pg::with_spi([&] {
        const Queue queue = hold_queue(name);
        return !finish(statements().extend_one, queue.id, delivery,
                       pg::timestamptz(pg::clock_now() + by))
                    .empty();
    });
}

std::vector<bool> archive_batch(std::string_view name, const std::vector<Delivery>& deliveries) {
    const SortedDeliveries sorted(deliveries);
    return pg::with_spi([&] {
        const Queue queue = hold_queue(name);
        const pg::Rows deleted = statements().archive_many->run(
            {pg::int4(queue.id), sorted.ids(), sorted.read_cts(), now()});
        keep_in_archive(deleted);
        const auto done = sorted.done(deleted, kArchiveColumns.size() + 1);
        check_snapshot(queue.id, deliveries, done);
        return done;
    });
}

std::vector<bool> remove_batch(std::string_view name, const std::vector<Delivery>& deliveries) {
    const SortedDeliveries sorted(deliveries);
    return pg::with_spi([&] {
        const Queue queue = hold_queue(name);
        const pg::Rows places =
            statements().delete_many->run({pg::int4(queue.id), sorted.ids(), sorted.read_cts()});
        const auto done = sorted.done(places);
        check_snapshot(queue.id, deliveries, done);
        if (!places.empty()) {
            record_departures(queue.id, static_cast<std::int64_t>(places.count()), 0);
        }
        return done;
    });
}

std::vector<bool> release_batch(std::string_view name, const std::vector<Delivery>& deliveries,
                                core::Duration delay) {
    core::check_delay(delay, "delay");
    const SortedDeliveries sorted(deliveries);
    return pg::with_spi([&] {
        const Queue queue = hold_queue(name);
        const auto done = sorted.done(statements().release_many->run(
            {pg::int4(queue.id), sorted.ids(), sorted.read_cts(), release_time(delay), now()}));
        check_snapshot(queue.id, deliveries, done);
        return done;
    });
}

}  // namespace pgqrs::store
