// See delivery.hpp.
#include "pgqrs/store/delivery.hpp"

#include <string>

#include "pgqrs/core/limits.hpp"
#include "pgqrs/pg/clock.hpp"
#include "pgqrs/pg/settings.hpp"
#include "pgqrs/store/departures.hpp"
#include "pgqrs/store/message_table.hpp"
#include "pgqrs/store/queue_registry.hpp"
#include "pgqrs/store/workers.hpp"

namespace pgqrs::store {
namespace {

// Parameters of all statements here: $1 queue id, $2 queue name, $3 now, $4 the floor of each
// priority, $5 max deliveries, $6 end of the lease, $7 worker, $8 quantity.

// The choice of the next messages. Priorities are probed one by one, each from its own floor: one
// scan over all of them would step over the delayed messages of each. Both limits are pulled row by
// row, so nothing is locked that is not delivered.
std::string next_messages(const std::string& limit, const std::string& lock) {
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
                AND c.{available_at} >= ($4)[probe.priority + 1]
                AND c.{available_at} <= $3
                AND (c.{vt} IS NULL OR c.{vt} <= $3)
                AND c.{read_ct} < $5
            ORDER BY c.{available_at}, c.{id}
            LIMIT )sql" +
           limit + " " + lock + R"sql(
        ) AS next
        LIMIT )sql" +
           limit;
}

std::string lock_next_message() { return next_messages("1", "FOR UPDATE SKIP LOCKED"); }
std::string lock_next_messages() { return next_messages("$8", "FOR UPDATE SKIP LOCKED"); }

constexpr const char* kLease = R"sql(
        UPDATE {table} AS m
        SET {vt} = $6,
            {read_ct} = m.{read_ct} + 1,
            {worker_id} = $7,
            {delivered_at} = $3
        WHERE m.{id} = )sql";

constexpr const char* kTaken = R"sql(
    WITH taken (id, queue, payload, headers, priority, read_ct, enqueued_at, available_at, vt,
                worker_id) AS (
)sql";

struct Statements {
    explicit Statements(const MessageTable& table)
        : deliver_one(std::string(kLease) + "(" + lock_next_message() + ") RETURNING {row}", table),
          deliver_many(std::string(kTaken) + kLease + "ANY (ARRAY(" + lock_next_messages() +
                           ")) RETURNING {row}) "
                           "SELECT * FROM taken ORDER BY priority, available_at, id",
                       table),
          pop(std::string(kTaken) + "DELETE FROM {table} AS m WHERE m.{id} = ANY (ARRAY(" +
                  lock_next_messages() +
                  ")) RETURNING {row}) "
                  "SELECT id, queue, payload, headers, priority, read_ct + 1, enqueued_at,"
                  " available_at, NULL::timestamptz, NULL::bigint "
                  "FROM taken ORDER BY priority, available_at, id",
              table),
          peek("SELECT {row} FROM {table} AS m WHERE m.{id} = ANY (ARRAY(" +
                   next_messages("$8", "") + ")) ORDER BY m.{priority}, m.{available_at}, m.{id}",
               table) {}

    TableStatement deliver_one;
    TableStatement deliver_many;
    TableStatement pop;
    TableStatement peek;
};

Statements& statements() {
    static constinit Statements* all = nullptr;
    if (all == nullptr) {
        all = new Statements(kMessages);
    }
    return *all;
}

// Every scan starts at the beginning.
pg::Value no_floors() {
    Datum floors[core::kPriorities];
    for (auto& floor : floors) {
        floor = pg::timestamptz(pg::kBeginningOfTime).datum;
    }
    return pg::array_of(TIMESTAMPTZOID, floors, nullptr, core::kPriorities);
}

std::uint64_t run(TableStatement& statement, const Queue& queue, const DeliveryRequest& request,
                  pg::RowSink& sink) {
    const pg::Timestamp now = pg::clock_now();
    const auto lease = request.visibility.value_or(queue.visibility_timeout);
    return statement->run_into(
        sink, {pg::int4(queue.id), pg::text(request.queue), pg::timestamptz(now), no_floors(),
               pg::int4(queue.max_deliveries), pg::timestamptz(now + lease),
               pg::int8(request.worker), pg::int8(request.quantity)});
}

}  // namespace

void dequeue(const DeliveryRequest& request, pg::RowSink& sink) {
    core::check_quantity(request.quantity, pg::max_batch_size());
    if (request.visibility) {
        core::check_visibility(*request.visibility, "vt");
    }
    pg::with_spi([&] {
        const Queue queue = find_queue(request.queue);
        if (request.worker) {
            require_worker(*request.worker, queue.id, request.queue);
        }
        if (!queue.paused) {
            Statements& all = statements();
            run(request.quantity == 1 ? all.deliver_one : all.deliver_many, queue, request, sink);
        }
    });
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
            count_departures(queue.id, static_cast<std::int64_t>(popped), 0);
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
