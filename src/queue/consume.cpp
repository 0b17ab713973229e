#include "queue/consume.hpp"

#include <array>
#include <string>

#include "core/error.hpp"
#include "core/limits.hpp"
#include "engine/access.hpp"
#include "engine/claim.hpp"
#include "engine/clock.hpp"
#include "engine/journal.hpp"
#include "engine/queue_cache.hpp"
#include "engine/settings.hpp"
#include "engine/tables.hpp"
#include "engine/wait.hpp"
#include "pg/subtransaction.hpp"
#include "pg/transaction.hpp"
#include "queue/totals.hpp"
#include "queue/workers.hpp"

namespace pgqrs::queue {
namespace {

using Column = engine::MessageColumn;

// pgqrs.message.
constexpr std::array<engine::ResultColumn, 10> kMessageRow = {
    {{Column::id, INT8OID},
     {engine::kQueueName, TEXTOID},
     {Column::payload, JSONBOID},
     {Column::headers, JSONBOID},
     {Column::priority, INT2OID},
     {Column::read_ct, INT4OID},
     {Column::enqueued_at, TIMESTAMPTZOID},
     {Column::available_at, TIMESTAMPTZOID},
     {Column::vt, TIMESTAMPTZOID},
     {Column::worker_id, INT8OID}}};

engine::Claim claim_of(engine::Take take, const engine::Queue& queue, std::string_view name,
                       std::int64_t quantity) {
    return {.take = take,
            .queue_id = queue.id,
            .queue = name,
            .quantity = quantity,
            .rule = {.max_deliveries = queue.max_deliveries}};
}

std::int64_t deliver(const DeliveryRequest& request, engine::Waiting* waiting, pg::RowSink& sink) {
    const engine::Queue queue = engine::hold_queue(request.queue);
    const engine::Access access{queue.id, request.queue, core::rights_for("dequeue")};
    if (request.worker) {
        require_worker(*request.worker, access);
    }
    const engine::Table messages =
        engine::hold_table(engine::kMessages, engine::Purpose::write, access);
    engine::QueueMarks& marks = engine::marks_of(messages.relation, queue.id);
    if (waiting != nullptr) {
        waiting->join(marks);
    }
    if (queue.paused) {
        engine::require_access(access, {{&engine::kMessages, ACL_SELECT | ACL_UPDATE}});
        return 0;
    }
    engine::Claim wanted = claim_of(engine::Take::lease, queue, request.queue, request.quantity);
    wanted.lease = request.visibility.value_or(queue.visibility_timeout);
    wanted.worker = request.worker;
    return engine::claim(messages, marks, wanted, kMessageRow, &sink);
}

// An attempt that finds nothing is undone, so that nothing is locked while the process sleeps.
void deliver_or_wait(const DeliveryRequest& request, pg::RowSink& sink) {
    const core::Duration deadline = engine::elapsed_clock() + request.wait;
    engine::Waiting waiting;
    for (bool first = true;; first = false) {
        const bool last = engine::elapsed_clock() >= deadline;
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
    const core::Duration deadline = engine::elapsed_clock() + timeout;
    engine::Waiting waiting;
    for (;;) {
        const bool last = engine::elapsed_clock() >= deadline;
        // Who is woken by a drop comes before it is complete.
        const engine::Queue queue = engine::hold_queue(name);
        const engine::Access access{queue.id, name, core::rights_for("wait")};
        const engine::Table messages =
            engine::hold_table(engine::kMessages, engine::Purpose::look, access);
        engine::QueueMarks& marks = engine::marks_of(messages.relation, queue.id);
        waiting.join(marks);
        if (queue.paused) {
            engine::require_access(access, {{&engine::kMessages, ACL_SELECT}});
        }
        const bool ready =
            !queue.paused &&
            engine::claim(messages, marks, claim_of(engine::Take::count, queue, name, 1), {},
                          nullptr) > 0;
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
    const engine::Queue queue = engine::hold_queue(name);
    const engine::Access access{queue.id, name, core::rights_for("pop")};
    const engine::Table messages =
        engine::hold_table(engine::kMessages, engine::Purpose::write, access);
    if (queue.paused) {
        engine::require_access(access, {{&engine::kMessages, ACL_SELECT | ACL_DELETE}});
        return;
    }
    engine::QueueMarks& marks = engine::marks_of(messages.relation, queue.id);
    const std::int64_t popped = engine::claim(
        messages, marks, claim_of(engine::Take::remove, queue, name, quantity), kMessageRow, &sink);
    if (popped > 0) {
        record_departures(marks, access, {.finished = popped});
    }
}

void peek(std::string_view name, std::int64_t quantity, pg::RowSink& sink) {
    core::check_quantity(quantity, engine::max_batch_size());
    const engine::Queue queue = engine::find_queue(name);
    const engine::Table messages = engine::hold_table(engine::kMessages, engine::Purpose::look,
                                                      {queue.id, name, core::rights_for("peek")});
    engine::claim(messages, engine::marks_of(messages.relation, queue.id),
                  claim_of(engine::Take::show, queue, name, quantity), kMessageRow, &sink);
}

}  // namespace pgqrs::queue
