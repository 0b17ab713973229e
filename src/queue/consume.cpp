#include "queue/consume.hpp"

#include <algorithm>
#include <array>
#include <string>
#include <utility>
#include <vector>

#include "core/error.hpp"
#include "core/limits.hpp"
#include "engine/access.hpp"
#include "engine/claim.hpp"
#include "engine/clock.hpp"
#include "engine/journal.hpp"
#include "engine/queue_cache.hpp"
#include "engine/settings.hpp"
#include "engine/slots.hpp"
#include "engine/tables.hpp"
#include "engine/wait.hpp"
#include "pg/subtransaction.hpp"
#include "pg/transaction.hpp"
#include "queue/dead_letters.hpp"
#include "queue/presence.hpp"
#include "queue/rounds.hpp"
#include "queue/totals.hpp"

namespace pgqrs::queue {
namespace {

engine::Claim claim_of(engine::Take take, const engine::Queue& queue, std::string_view name,
                       std::int64_t quantity) {
    return {.take = take,
            .queue_id = queue.id,
            .queue = name,
            .quantity = quantity,
            .rule = queue.rule(),
            .dead_workers = queue.dead_workers,
            .known_since = queue.known_since};
}

// Messages on their way out that one call takes out of the queue, at least and at most; else as many as it
// asks for.
constexpr std::int64_t kFewestLeaving = 16;
constexpr std::int64_t kMostLeaving = 1000;

// Where what is delivered goes to.
struct Target {
    pg::RowSink* sink;
    std::vector<std::int64_t>* ids;
};

struct Attempt {
    std::int64_t delivered = 0;
    bool prepared = false;  // something that must be kept
};

Attempt deliver_to(const Held& held, const DeliveryRequest& request, Presence& worker,
                   std::vector<std::int64_t>& leaving, const Target& target) {
    if (request.runs) {
        require_runs(held.queue, request.queue, "dequeue");
    } else {
        require_messages(held.queue, request.queue, "claim_runs");
    }
    const bool gets_any = worker.may_take(held.access);
    if (held.queue.paused || !gets_any) {
        engine::require_access(held.access, {{&engine::kMessages, ACL_SELECT | ACL_UPDATE}});
        return {};
    }
    const bool prepared = request.prepare && request.prepare(held);
    engine::Claim wanted =
        claim_of(engine::Take::lease, held.queue, request.queue, request.quantity);
    wanted.lease = request.visibility.value_or(held.queue.visibility_timeout);
    wanted.worker = request.worker;
    wanted.leaving = &leaving;
    wanted.taken = target.ids;
    return {engine::claim(held.messages, held.marks, wanted, request.row, target.sink), prepared};
}

// An attempt that finds nothing is undone, so that nothing is locked while the process sleeps.
void deliver_or_wait(const DeliveryRequest& request, Presence& worker,
                     std::vector<std::int64_t>& leaving, const Target& target) {
    const core::Duration deadline = engine::elapsed_clock() + request.wait;
    engine::Waiting waiting;
    for (bool first = true;; first = false) {
        const bool last = engine::elapsed_clock() >= deadline;
        leaving.clear();
        Attempt outcome;
        const auto attempt = [&] {
            const Held held(request.queue, request.rights);
            if (!first) {
                waiting.join(held.marks);
            }
            outcome = deliver_to(held, request, worker, leaving, target);
            return outcome.delivered > 0 || outcome.prepared;
        };
        if (pg::try_in_subtransaction(attempt)) {
            // Whoever was woken for nothing leaves to the next what may have come meanwhile.
            if (outcome.delivered > 0) {
                waiting.succeed(engine::Waiting::Message::taken);
            }
            return;
        }
        if (last || worker.is_suspended()) {
            return;
        }
        if (!first) {
            waiting.sleep(deadline, engine::own_next_event(*waiting.queue()));
        }
    }
}

void dequeue_to(const DeliveryRequest& request, const Target& target) {
    std::vector<std::int64_t> leaving = room_for_leaving(request.quantity);
    Presence worker(request.worker);
    if (request.wait == 0) {
        deliver_to(Held(request.queue, request.rights), request, worker, leaving, target);
    } else {
        deliver_or_wait(request, worker, leaving, target);
    }
    worker.note();
    take_out_leaving(request.queue, request.rights, std::move(leaving));
}

}  // namespace

void check_wait(core::Duration wait) {
    core::check_wait(wait, engine::max_wait());
    if (wait > 0 && pg::has_transaction_snapshot()) {
        throw core::Error(
            core::SqlState::invalid_argument, "cannot wait for messages in this isolation level",
            "The transaction's snapshot sees no message that comes later.", "Use READ COMMITTED.");
    }
}

void check_request(const DeliveryRequest& request) {
    core::check_quantity(request.quantity, engine::max_batch_size());
    if (request.visibility) {
        core::check_visibility(*request.visibility, "vt");
    }
    check_wait(request.wait);
    pg::require_writable("UPDATE");
}

std::vector<std::int64_t> room_for_leaving(std::int64_t quantity) {
    std::vector<std::int64_t> leaving;
    leaving.reserve(static_cast<std::size_t>(std::clamp(quantity, kFewestLeaving, kMostLeaving)));
    return leaving;
}

std::int64_t deliver(const Held& held, const DeliveryRequest& request, Presence& worker,
                     std::vector<std::int64_t>& leaving, pg::RowSink& sink) {
    return deliver_to(held, request, worker, leaving, {&sink, nullptr}).delivered;
}

void dequeue(const DeliveryRequest& request, pg::RowSink& sink) {
    check_request(request);
    dequeue_to(request, {&sink, nullptr});
}

std::vector<std::int64_t> dequeue_ids(const DeliveryRequest& request) {
    check_request(request);
    std::vector<std::int64_t> ids;
    ids.reserve(static_cast<std::size_t>(request.quantity));
    dequeue_to(request, {nullptr, &ids});
    return ids;
}

bool wait_for_message(const std::string& name, core::Duration timeout,
                      const std::function<void()>& end_transaction,
                      const std::function<void(const Held& held)>& prepare_runs) {
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
        if (queue.holds_runs && !queue.paused) {
            prepare_runs(Held(name, access.rights));
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
        if (!engine::has_shared_memory()) {
            maintain_if_due(end_transaction);
        }
        waiting.sleep(deadline, core::kNever);
    }
}

void pop(std::string_view name, std::int64_t quantity, pg::RowSink& sink) {
    core::check_quantity(quantity, engine::max_batch_size());
    const engine::Queue queue = engine::hold_queue(name);
    require_messages(queue, name, "claim_runs");
    const engine::Access access{queue.id, name, core::rights_for("pop")};
    const engine::Table messages =
        engine::hold_table(engine::kMessages, engine::Purpose::write, access);
    if (queue.paused) {
        engine::require_access(access, {{&engine::kMessages, ACL_SELECT | ACL_DELETE}});
        return;
    }
    engine::QueueMarks& marks = engine::marks_of(messages.relation, queue.id);
    std::vector<std::int64_t> leaving = room_for_leaving(quantity);
    engine::Claim wanted = claim_of(engine::Take::remove, queue, name, quantity);
    wanted.leaving = &leaving;
    const std::int64_t popped = engine::claim(messages, marks, wanted, kMessageRow, &sink);
    if (popped > 0) {
        record_departures(marks, access, {.finished = popped});
    }
    take_out_leaving(name, access.rights, std::move(leaving));
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
