// See delivery.hpp.
#include "pgqrs/store/delivery.hpp"

#include <string>

#include "pgqrs/core/limits.hpp"
#include "pgqrs/pg/catalog.hpp"
#include "pgqrs/pg/clock.hpp"
#include "pgqrs/pg/queue_marks.hpp"
#include "pgqrs/pg/settings.hpp"
#include "pgqrs/pg/transaction.hpp"
#include "pgqrs/store/departures.hpp"
#include "pgqrs/store/message_table.hpp"
#include "pgqrs/store/queue_registry.hpp"
#include "pgqrs/store/touches.hpp"
#include "pgqrs/store/workers.hpp"

namespace pgqrs::store {
namespace {

// Parameters of all statements here: $1 queue id, $2 queue name, $3 now, $4 max deliveries, $5 end
// of the lease, $6 worker, $7 quantity.

// The choice of the next messages. Priorities are probed one by one: one scan over all of them would
// step over the delayed messages of each. Both limits are pulled row by row, so nothing is locked
// that is not delivered.
std::string next_messages(const std::string& lock) {
    return R"sql(
        SELECT next.{id}
        FROM (VALUES
            (0::smallint), (1::smallint), (2::smallint), (3::smallint), (4::smallint),
            (5::smallint), (6::smallint), (7::smallint), (8::smallint), (9::smallint)
        ) AS probe (priority)
        CROSS JOIN LATERAL (
            SELECT c.{id}
            FROM {table} AS c
            WHERE c.{queue_id} = $1
                AND c.{priority} = probe.priority
                AND c.{available_at} <= $3
                AND (c.{vt} IS NULL OR c.{vt} <= $3)
                AND c.{read_ct} < $4
            ORDER BY c.{available_at}, c.{id}
            LIMIT $7 )sql" +
           lock + R"sql(
        ) AS next
        LIMIT $7)sql";
}

// A statement that changes the next messages and answers them in their order, as `answer` says.
std::string taking(const std::string& change, const std::string& answer) {
    return R"sql(
    WITH taken (id, queue, payload, headers, priority, read_ct, enqueued_at, available_at, vt,
                worker_id) AS (
        )sql" +
           change + "WHERE m.{id} = ANY (ARRAY(" + next_messages("FOR UPDATE SKIP LOCKED") +
           ")) RETURNING {row}) " + answer + " FROM taken ORDER BY priority, available_at, id";
}

struct Statements {
    explicit Statements(const MessageTable& table)
        : deliver(taking("UPDATE {table} AS m"
                         " SET {vt} = $5, {read_ct} = m.{read_ct} + 1, {worker_id} = $6,"
                         " {delivered_at} = $3 ",
                         "SELECT *"),
                  table),
          pop(taking("DELETE FROM {table} AS m ",
                     "SELECT id, queue, payload, headers, priority, read_ct + 1, enqueued_at,"
                     " available_at, NULL::pg_catalog.timestamptz, NULL::bigint"),
              table),
          peek("SELECT {row} FROM {table} AS m WHERE m.{id} = ANY (ARRAY(" + next_messages("") +
                   ")) ORDER BY m.{priority}, m.{available_at}, m.{id}",
               table) {}

    TableStatement deliver;
    TableStatement pop;
    TableStatement peek;
};

Statements& statements() { return statements_of<Statements>(); }

std::uint64_t run(TableStatement& statement, const Queue& queue, const DeliveryRequest& request,
                  pg::RowSink& sink) {
    const pg::Timestamp now = pg::clock_now();
    const auto lease = request.visibility.value_or(queue.visibility_timeout);
    return statement->run_into(sink,
                               {pg::int4(queue.id), pg::text(request.queue), pg::timestamptz(now),
                                pg::int4(queue.max_deliveries), pg::timestamptz(now + lease),
                                pg::int8(request.worker), pg::int8(request.quantity)});
}

void claim(const MessageTable& table, Oid relation, const Queue& queue,
           const DeliveryRequest& request, pg::RowSink& sink) {
    const pg::Timestamp now = pg::clock_now();
    const auto lease = request.visibility.value_or(queue.visibility_timeout);
    pg::QueueMarks& marks = marks_of(relation, queue.id);
    core::Touched& touches = touched(relation, queue.id);
    const pg::ScanTicket ticket = pg::begin_scan(marks, now, !pg::has_transaction_snapshot());
    core::Scan scan =
        core::plan_scan(ticket.known, touched_so_far(relation, queue.id), now, ticket.rescan);
    pg::claim(relation, pg::relation_oid(table.order_index), table.columns,
              {.queue_id = queue.id,
               .queue = request.queue,
               .now = now,
               .lease_end = now + lease,
               .max_deliveries = queue.max_deliveries,
               .worker = request.worker,
               .quantity = request.quantity,
               .look_ahead = ticket.shared},
              scan, touches, sink);
    pg::end_scan(marks, ticket, scan);
}

}  // namespace

void dequeue(const DeliveryRequest& request, pg::RowSink& sink) {
    core::check_quantity(request.quantity, pg::max_batch_size());
    if (request.visibility) {
        core::check_visibility(*request.visibility, "vt");
    }
    const Queue queue = hold_queue(request.queue);
    if (request.worker) {
        require_worker(*request.worker, queue.id, request.queue);
    }
    if (queue.paused) {
        return;
    }
    const Oid relation = pg::relation_oid(kMessages.table.relation);
    if (pg::is_plain_table(relation, kMessages.table.columns)) {
        claim(kMessages, relation, queue, request, sink);
    } else {
        pg::with_spi([&] { run(statements().deliver, queue, request, sink); });
    }
}

void pop(std::string_view name, std::int64_t quantity, pg::RowSink& sink) {
    core::check_quantity(quantity, pg::max_batch_size());
    pg::with_spi([&] {
        const Queue queue = hold_queue(name);
        if (queue.paused) {
            return;
        }
        const DeliveryRequest request{.queue = name, .quantity = quantity};
        const auto popped = run(statements().pop, queue, request, sink);
        if (popped > 0) {
            record_departures(queue.id, static_cast<std::int64_t>(popped), 0);
        }
    });
}

void peek(std::string_view name, std::int64_t quantity, pg::RowSink& sink) {
    core::check_quantity(quantity, pg::max_batch_size());
    pg::with_spi([&] {
        const DeliveryRequest request{.queue = name, .quantity = quantity};
        run(statements().peek, find_queue(name), request, sink);
    });
}

}  // namespace pgqrs::store
