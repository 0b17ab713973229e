#include "queue/dead_letters.hpp"

#include <algorithm>
#include <string>

#include "engine/clock.hpp"
#include "engine/journal.hpp"
#include "engine/tables.hpp"
#include "pg/subtransaction.hpp"
#include "pg/transaction.hpp"
#include "queue/history.hpp"
#include "queue/removed_runs.hpp"
#include "queue/totals.hpp"

namespace pgqrs::queue {
namespace {

using Column = engine::MessageColumn;

constexpr engine::Places kMoved =
    kGivenBack | engine::places(Column::queue_id, Column::available_at, Column::attempt,
                                Column::expires_at, Column::origin_id);

// Makes the row one of another queue. Part of a RowEdit.
void move(const core::Message& row, std::int32_t target, core::Instant now, pg::Value* cells) {
    cells[Column::queue_id] = pg::int4(target);
    cells[Column::available_at] = pg::timestamptz(now);
    cells[Column::flags] = pg::int2(core::kMadeAvailable);
    cells[Column::attempt] = pg::int2(0);
    cells[Column::given_back] = pg::int4(row.read_ct);
    cells[Column::vt] = pg::null_of(TIMESTAMPTZOID);
    cells[Column::expires_at] = pg::null_of(TIMESTAMPTZOID);
    cells[Column::worker_id] = pg::null_of(INT8OID);
    cells[Column::origin_id] = pg::int4(row.queue_id);
}

// So long it waits for somebody who has the queue or its dead letter queue alone.
constexpr int kLockPatience = 50;  // ms

// A message as take_out_leaving() saw it.
struct Leaving {
    core::Message row;
    pg::Value worker;
};

std::string reason(const core::Message& message) {
    return "delivered " + std::to_string(message.read_ct - message.given_back) +
           " times without being finished (max_deliveries)";
}

std::size_t take_out_now(std::string_view name, core::Rights rights,
                         std::span<const engine::RowKey> keys) {
    const pg::LockPatience patience(kLockPatience);
    const WithDeadLetterQueue held(name, rights);
    const core::Instant now = engine::clock_now();
    const core::DeliveryRule rule = held.queue.queue.rule();
    std::vector<Leaving> seen(keys.size());
    const auto is_leaving = [&](const core::Message& row, pg::Value* cells) {
        const auto key =
            std::lower_bound(keys.begin(), keys.end(), row.id,
                             [](const engine::RowKey& a, std::int64_t id) { return a.id < id; });
        seen[static_cast<std::size_t>(key - keys.begin())] = {row, cells[Column::worker_id]};
        return core::is_leaving(core::classify(row, rule, now).state);
    };
    const auto outcome_of = [&](const core::Message& row) {
        return core::outcome_of(core::classify(row, rule, now).state);
    };
    std::vector<std::string> reasons;
    std::vector<NewFailure> history;
    reasons.reserve(keys.size());
    std::size_t taken = 0;
    take_out(held, {held.queue.messages, held.queue.marks, keys, true},
             engine::row_edit(0, is_leaving), outcome_of, 0, now,
             [&](std::size_t place, core::Outcome outcome) {
                 ++taken;
                 if (outcome == core::Outcome::dead) {
                     const Leaving& message = seen[place];
                     history.push_back({.message = message.row.id,
                                        .read_ct = message.row.read_ct,
                                        .attempt = message.row.attempt,
                                        .died = true,
                                        .worker = message.worker,
                                        .error = reasons.emplace_back(reason(message.row))});
                 }
             });
    record_failures(held.queue.access, history, now);
    return taken;
}

// A run is kept by its workflow, whatever its end.
void end_runs(const Held& held, const engine::RowsById& rows, const engine::RowEdit& accept,
              const OutcomeOf& outcome_of,
              const std::function<void(std::size_t, core::Outcome)>& taken) {
    const engine::RemovedRows removed = engine::remove_rows(rows, false, accept);
    if (removed.count() == 0) {
        return;
    }
    record_departures(rows.marks, held.access,
                      {.finished = static_cast<std::int64_t>(removed.count())});
    std::vector<core::Message> messages;
    for (std::size_t row = 0; row < removed.count(); ++row) {
        messages.push_back(removed.message(row));
        taken(removed.places()[row], outcome_of(removed.message(row)));
    }
    end_of_removed_runs()(held.access, messages, outcome_of);
}

}  // namespace

std::optional<engine::Queue> WithDeadLetterQueue::target_of(std::string_view name, bool before) {
    const engine::Queue queue = engine::find_queue(name);
    const std::string_view target = queue.dead_letter_queue;
    if (target.empty() || (target < name) != before) {
        return std::nullopt;
    }
    return engine::hold_queue_if_any(target);
}

WithDeadLetterQueue::WithDeadLetterQueue(std::string_view name, core::Rights rights)
    : WithDeadLetterQueue(name, rights, target_of(name, true)) {}

WithDeadLetterQueue::WithDeadLetterQueue(std::string_view name, core::Rights rights,
                                         std::optional<engine::Queue> before)
    : queue(name, rights), target(before ? before : target_of(name, false)) {}

void take_out(const WithDeadLetterQueue& held, const engine::RowsById& rows,
              const engine::RowEdit& accept, const OutcomeOf& outcome_of, std::int16_t failures,
              core::Instant now, const std::function<void(std::size_t, core::Outcome)>& taken) {
    if (held.queue.queue.holds_runs) {
        end_runs(held.queue, rows, accept, outcome_of, taken);
        return;
    }
    std::vector<engine::RowKey> left(rows.keys.begin(), rows.keys.end());
    std::vector<std::size_t> places(left.size());
    for (std::size_t i = 0; i < places.size(); ++i) {
        places[i] = i;
    }
    if (held.target) {
        const auto bury = [&](const core::Message& row, pg::Value* cells) {
            if (!accept.edit(accept.state, row, cells) || outcome_of(row) != core::Outcome::dead) {
                return false;
            }
            move(row, held.target->id, now, cells);
            return true;
        };
        engine::QueueMarks& marks = engine::marks_of(held.queue.messages.relation, held.target->id);
        const auto moved = engine::change_rows(rows, engine::row_edit(kMoved, bury, &marks));
        if (held.target->notify) {
            engine::want_notice(marks, held.queue.queue.dead_letter_queue);
        }
        if (!moved.empty()) {
            record_departures(rows.marks, held.queue.access,
                              {.discarded = static_cast<std::int64_t>(moved.size())});
        }
        for (const std::size_t place : moved) {
            taken(place, core::Outcome::dead);
        }
        std::erase_if(places, [&](std::size_t place) {
            return std::binary_search(moved.begin(), moved.end(), place);
        });
        left.clear();
        for (const std::size_t place : places) {
            left.push_back(rows.keys[place]);
        }
    }
    if (left.empty()) {
        return;
    }
    const engine::RemovedRows removed =
        engine::remove_rows({rows.table, rows.marks, left, rows.skip_locked}, true, accept);
    add_to_archive(rows.marks, held.queue.access, removed, now, outcome_of, failures);
    for (std::size_t row = 0; row < removed.count(); ++row) {
        taken(places[removed.places()[row]], outcome_of(removed.message(row)));
    }
}

std::size_t take_out_leaving(std::string_view queue, core::Rights rights,
                             std::vector<std::int64_t> ids) {
    if (ids.empty() || pg::has_transaction_snapshot()) {
        return 0;
    }
    std::sort(ids.begin(), ids.end());
    std::vector<engine::RowKey> keys;
    for (const std::int64_t id : ids) {
        keys.push_back({id, std::nullopt});
    }
    std::size_t taken = 0;
    pg::try_besides([&] {
        taken = take_out_now(queue, rights, keys);
        return true;
    });
    return taken;
}

}  // namespace pgqrs::queue
