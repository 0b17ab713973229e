#include "queue/failure.hpp"

#include <algorithm>
#include <map>
#include <string>

#include "core/error.hpp"
#include "core/failure.hpp"
#include "core/limits.hpp"
#include "engine/clock.hpp"
#include "engine/delay.hpp"
#include "engine/journal.hpp"
#include "pg/calendar.hpp"
#include "pg/random.hpp"
#include "queue/archive.hpp"
#include "queue/dead_letters.hpp"
#include "queue/held.hpp"
#include "queue/history.hpp"

namespace pgqrs::queue {
namespace {

using Column = engine::MessageColumn;

// What an edit decided about a row, for use after it.
struct Decision {
    core::AfterFailure after;
    std::int32_t read_ct;
    pg::Value worker;
};

// One call.
class Failing {
public:
    Failing(const FailureTerms& terms, const engine::SortedDeliveries& sorted, core::Instant now,
            const Held& held)
        : terms_(terms),
          keys_(sorted.keys()),
          now_(now),
          held_(held),
          due_(terms.delay ? pg::after(now, *terms.delay) : now),
          decisions_(keys_.size()) {}

    // Another attempt, for those that get one. Part of an edit.
    bool retry(const core::Message& row, pg::Value* cells) {
        const Decision* decision = decide(row, cells);
        if (decision == nullptr || leaves(row, *decision)) {
            return false;
        }
        cells[Column::available_at] = pg::timestamptz(due(*decision));
        cells[Column::attempt] = pg::int2(static_cast<std::int16_t>(decision->after.attempt));
        give_back(row, 0, cells);
        return true;
    }

    // Whether the message leaves the queue with this failure. Part of an edit.
    bool leave(const core::Message& row, const pg::Value* cells) {
        const Decision* decision = decide(row, cells);
        return decision != nullptr && leaves(row, *decision);
    }

    // About the row of a key.
    const Decision& decision(std::size_t place) const {
        return decisions_[first_key(keys_[place].id)];
    }

    core::Instant due(const Decision& decision) const {
        return terms_.delay ? due_ : now_ + decision.after.wait;
    }

private:
    // The place of the first key with the id, which is one of them.
    std::size_t first_key(std::int64_t id) const {
        const auto before = [](const engine::RowKey& key, std::int64_t wanted) {
            return key.id < wanted;
        };
        return static_cast<std::size_t>(std::lower_bound(keys_.begin(), keys_.end(), id, before) -
                                        keys_.begin());
    }

    Decision* decide(const core::Message& row, const pg::Value* cells) {
        if (row.lease_end == core::kBeginning) {
            return nullptr;
        }
        Decision& decision = decisions_[first_key(row.id)];
        decision.after = core::after_failure(
            {.attempt = row.attempt,
             .max_attempts = cells[Column::max_attempts].null
                                 ? std::nullopt
                                 : std::optional<std::int32_t>(
                                       DatumGetInt16(cells[Column::max_attempts].datum)),
             .retry = terms_.retry},
            {.max_attempts = held_.queue.max_attempts, .backoff = held_.queue.backoff},
            pg::random_fraction());
        decision.read_ct = row.read_ct;
        decision.worker = cells[Column::worker_id];
        return &decision;
    }

    static bool leaves(const core::Message& row, const Decision& decision) {
        return decision.after.dead || (row.flags & core::kToBeCancelled) != 0;
    }

    const FailureTerms& terms_;
    const std::span<const engine::RowKey> keys_;
    const core::Instant now_;
    const Held& held_;
    const core::Instant due_;
    std::vector<Decision> decisions_;
};

void check(const FailureTerms& terms, std::size_t deliveries) {
    if (terms.errors.size() != 1 && terms.errors.size() != deliveries) {
        throw core::Error(core::SqlState::invalid_argument,
                          "errors has " + std::to_string(terms.errors.size()) + " elements for " +
                              std::to_string(deliveries) + " ids");
    }
    if (terms.delay) {
        engine::check_delay(*terms.delay);
    }
}

core::Outcome outcome_of_failure(const core::Message& message) {
    return (message.flags & core::kToBeCancelled) != 0 ? core::Outcome::cancelled
                                                       : core::Outcome::dead;
}

}  // namespace

std::vector<FailedMessage> fail_batch(std::string_view name,
                                      std::span<const engine::Delivery> deliveries,
                                      const FailureTerms& terms) {
    check(terms, deliveries.size());
    const engine::SortedDeliveries sorted(deliveries);
    const WithDeadLetterQueue held(name, core::rights_for("fail"));
    require_messages(held.queue.queue, name, "fail_run");
    const core::Instant now = engine::clock_now();
    Failing failing(terms, sorted, now, held.queue);
    const engine::RowsById rows = held.queue.rows(sorted);
    std::vector<FailedMessage> result(deliveries.size());
    std::vector<NewFailure> history;
    const auto note = [&](std::size_t place, FailureResult what) {
        const Decision& decision = failing.decision(place);
        const std::size_t index = sorted.index(place);
        const auto attempt = static_cast<std::int16_t>(decision.after.attempt);
        result[index] = {what, attempt,
                         what == FailureResult::retrying ? failing.due(decision) : core::kNever};
        history.push_back({.message = deliveries[index].id,
                           .read_ct = decision.read_ct,
                           .attempt = attempt,
                           .died = what == FailureResult::dead,
                           .worker = decision.worker,
                           .error = terms.errors[terms.errors.size() == 1 ? 0 : index]});
    };

    const auto retry = [&](const core::Message& row, pg::Value* cells) {
        return failing.retry(row, cells);
    };
    for (const std::size_t place : engine::change_rows(
             rows,
             engine::row_edit(kGivenBack | engine::places(Column::available_at, Column::attempt),
                              retry))) {
        note(place, FailureResult::retrying);
    }
    if (held.queue.queue.notify) {
        engine::want_notice(held.queue.marks, name);
    }
    // A row that has not been written is looked at once more. It can only be one that leaves, or is lost.
    if (history.size() < deliveries.size()) {
        const auto leaves = [&](const core::Message& row, pg::Value* cells) {
            return failing.leave(row, cells);
        };
        take_out(held, rows, engine::row_edit(0, leaves), outcome_of_failure, 1, now,
                 [&](std::size_t place, core::Outcome outcome) {
                     note(place, outcome == core::Outcome::dead ? FailureResult::dead
                                                                : FailureResult::cancelled);
                 });
    }
    record_failures(held.queue.access, history, now);
    return result;
}

}  // namespace pgqrs::queue
