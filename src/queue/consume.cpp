// See delivery.hpp.
#include "queue/consume.hpp"

#include <string>

#include "core/error.hpp"
#include "core/limits.hpp"
#include "pg/catalog.hpp"
#include "engine/clock.hpp"
#include "engine/marks.hpp"
#include "engine/settings.hpp"
#include "pg/subtransaction.hpp"
#include "pg/transaction.hpp"
#include "engine/wait.hpp"
#include "queue/totals.hpp"
#include "engine/table.hpp"
#include "engine/queue_cache.hpp"
#include "engine/journal.hpp"
#include "queue/workers.hpp"

namespace pgqrs::queue {
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
    explicit Statements(const engine::MessageTable& table)
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

    engine::TableStatement deliver;
    engine::TableStatement pop;
    engine::TableStatement peek;
};

Statements& statements() { return engine::statements_of<Statements>(); }

pg::Rows look(engine::TableStatement& statement, const engine::Queue& queue,
              const DeliveryRequest& request) {
    const engine::Timestamp now = engine::clock_now();
    return statement->run({pg::int4(queue.id), pg::text(request.queue), pg::timestamptz(now),
                           pg::int4(queue.max_deliveries), pg::timestamptz(now),
                           pg::int8(request.worker), pg::int8(request.quantity)});
}

std::uint64_t run(engine::TableStatement& statement, const engine::Queue& queue,
                  const DeliveryRequest& request, pg::RowSink& sink) {
    const engine::Timestamp now = engine::clock_now();
    const auto lease = request.visibility.value_or(queue.visibility_timeout);
    return statement->run_into(sink,
                               {pg::int4(queue.id), pg::text(request.queue), pg::timestamptz(now),
                                pg::int4(queue.max_deliveries), pg::timestamptz(now + lease),
                                pg::int8(request.worker), pg::int8(request.quantity)});
}

// Claims messages, or only looks whether there is one.
std::uint64_t claim(const engine::MessageTable& table, const pg::PlainTable& plain,
                    const engine::Queue& queue, const DeliveryRequest& request, pg::RowSink* sink) {
    const engine::Timestamp now = engine::clock_now();
    const auto lease = request.visibility.value_or(queue.visibility_timeout);
    engine::QueueMarks& marks = engine::marks_of(plain.relation, queue.id);
    core::Touched& touches = engine::touched(plain.relation, queue.id);
    const engine::ScanTicket ticket =
        engine::begin_scan(marks, now, !pg::has_transaction_snapshot());
    core::Scan scan =
        core::plan_scan(ticket.known, engine::touched_so_far(marks), now, ticket.rescan);
    const auto claimed = engine::claim(plain, pg::relation_oid(table.order_index), table.columns,
                                       {.queue_id = queue.id,
                                        .queue = request.queue,
                                        .now = now,
                                        .lease_end = now + lease,
                                        .max_deliveries = queue.max_deliveries,
                                        .worker = request.worker,
                                        .quantity = request.quantity,
                                        .look_ahead = ticket.shared,
                                        .look_only = sink == nullptr},
                                       scan, touches, sink);
    engine::end_scan(marks, ticket, scan, sink == nullptr ? 0 : static_cast<std::int64_t>(claimed),
                     static_cast<std::int64_t>(claimed) < request.quantity);
    return claimed;
}

bool has_next(Oid relation, const engine::Queue& queue, const DeliveryRequest& request) {
    if (const auto plain = pg::plain_table(relation, engine::kMessages.table.columns)) {
        return claim(engine::kMessages, *plain, queue, request, nullptr) > 0;
    }
    return pg::with_spi([&] { return !look(statements().peek, queue, request).empty(); });
}

std::uint64_t deliver(const DeliveryRequest& request, engine::Waiting* waiting, pg::RowSink& sink) {
    const engine::Queue queue = engine::hold_queue(request.queue);
    if (request.worker) {
        require_worker(*request.worker, queue.id, request.queue);
    }
    const Oid relation = pg::hold_relation(engine::kMessages.table.relation);
    if (waiting != nullptr) {
        waiting->join(engine::marks_of(relation, queue.id));
    }
    if (queue.paused) {
        return 0;
    }
    if (const auto plain = pg::plain_table(relation, engine::kMessages.table.columns)) {
        return claim(engine::kMessages, *plain, queue, request, &sink);
    }
    return pg::with_spi([&] { return run(statements().deliver, queue, request, sink); });
}

// An attempt that finds nothing is undone, so that nothing is locked while the process sleeps.
void deliver_or_wait(const DeliveryRequest& request, pg::RowSink& sink) {
    const std::int64_t deadline = engine::server_clock() + request.wait;
    engine::Waiting waiting;
    for (bool first = true;; first = false) {
        const bool last = engine::server_clock() >= deadline;
        if (pg::try_in_subtransaction(
                [&] { return deliver(request, first ? nullptr : &waiting, sink) > 0; })) {
            waiting.succeed(engine::Waiting::Message::taken);
            return;
        }
        if (last) {
            return;
        }
        if (!first) {
            waiting.sleep(deadline, engine::own_next_event(*waiting.queue()));
        }
    }
}

void check_wait(core::Duration wait) {
    core::check_wait(wait, engine::max_wait());
    if (wait > 0 && pg::has_transaction_snapshot()) {
        throw core::Error(
            core::SqlState::invalid_argument, "cannot wait for messages in this isolation level",
            "The transaction's snapshot sees no message that comes later.", "Use READ COMMITTED.");
    }
}

}  // namespace

void dequeue(const DeliveryRequest& request, pg::RowSink& sink) {
    core::check_quantity(request.quantity, engine::max_batch_size());
    if (request.visibility) {
        core::check_visibility(*request.visibility, "vt");
    }
    check_wait(request.wait);
    pg::require_writable("UPDATE");
    if (request.wait == 0) {
        deliver(request, nullptr, sink);
    } else {
        deliver_or_wait(request, sink);
    }
}

bool wait_for_message(const std::string& name, core::Duration timeout,
                      const std::function<void()>& end_transaction) {
    core::check_delay(timeout, "timeout");
    const std::int64_t deadline = engine::server_clock() + timeout;
    const DeliveryRequest request{.queue = name};
    engine::Waiting waiting;
    for (;;) {
        const bool last = engine::server_clock() >= deadline;
        // Who is woken by a drop comes before it is complete.
        const engine::Queue queue = engine::hold_queue(name);
        const Oid relation = pg::hold_relation(engine::kMessages.table.relation);
        waiting.join(engine::marks_of(relation, queue.id));
        const bool ready = !queue.paused && has_next(relation, queue, request);
        end_transaction();
        if (ready) {
            waiting.succeed(engine::Waiting::Message::left);
            return true;
        }
        if (last) {
            return false;
        }
        waiting.sleep(deadline, core::kNever);
    }
}

void pop(std::string_view name, std::int64_t quantity, pg::RowSink& sink) {
    core::check_quantity(quantity, engine::max_batch_size());
    pg::with_spi([&] {
        const engine::Queue queue = engine::hold_queue(name);
        if (queue.paused) {
            return;
        }
        const DeliveryRequest request{.queue = name, .quantity = quantity};
        engine::note_many_before(pg::relation_oid(engine::kMessages.table.relation), queue.id);
        const auto popped = run(statements().pop, queue, request, sink);
        if (popped > 0) {
            record_departures(queue.id, static_cast<std::int64_t>(popped), 0);
        }
    });
}

void peek(std::string_view name, std::int64_t quantity, pg::RowSink& sink) {
    core::check_quantity(quantity, engine::max_batch_size());
    pg::with_spi([&] {
        const DeliveryRequest request{.queue = name, .quantity = quantity};
        run(statements().peek, engine::find_queue(name), request, sink);
    });
}

}  // namespace pgqrs::queue
