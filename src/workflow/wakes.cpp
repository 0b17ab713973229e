#include "workflow/wakes.hpp"

#include <algorithm>
#include <functional>
#include <iterator>
#include <vector>

#include "engine/access.hpp"
#include "engine/append.hpp"
#include "engine/claim.hpp"
#include "engine/clock.hpp"
#include "engine/journal.hpp"
#include "engine/row_lock.hpp"
#include "engine/tables.hpp"
#include "pg/spi.hpp"
#include "pg/subtransaction.hpp"
#include "pg/transaction.hpp"
#include "workflow/give_back.hpp"
#include "workflow/join.hpp"
#include "workflow/requests.hpp"

namespace pgqrs::workflow {
namespace {

using Column = engine::MessageColumn;

// So many times a call takes wakes, while it finds only locked runs.
constexpr int kMostRounds = 10;
// So many runs a call looks at that wait for events.
constexpr std::int64_t kMostWaits = 1000;

// Of the runs, which the caller has locked, those that have what they wait for. The snapshot is newer than the
// locks.
constinit pg::Statement select_satisfied(R"sql(
    SELECT w.run_id
    FROM unnest($1) AS k (id)
    JOIN pgqrs.messages AS m ON m.id = k.id
    JOIN pgqrs.waits AS w ON w.run_id = k.id AND w.kind::text = m.waiting_for::text
    WHERE m.vt IS NULL
        AND CASE w.kind
            WHEN 'signal' THEN EXISTS (
                SELECT
                FROM pgqrs.signals AS s
                WHERE s.run_id = w.run_id AND s.signal = w.target AND NOT s.consumed)
            WHEN 'event' THEN EXISTS (
                SELECT FROM pgqrs.events AS e WHERE e.queue_id = w.queue_id AND e.event = w.target)
            WHEN 'children' THEN )sql" PGQRS_HAS_JOINED("w.run_id", "w.children",
                                                        "w.mode_any") R"sql(
        END
    ORDER BY w.run_id
)sql",
                                         pg::Planning::indexed);

// Those that were woken before are passed.
constinit pg::Statement select_waiting_for_events(R"sql(
    SELECT w.run_id
    FROM pgqrs.events AS e
    JOIN pgqrs.waits AS w
        ON w.queue_id = e.queue_id AND w.target = e.event AND w.kind = 'event'
    JOIN pgqrs.messages AS m ON m.id = w.run_id
    WHERE e.id = ANY ($1)
        AND m.vt IS NULL
        AND m.waiting_for = 'event'
        AND (m.priority = -1 OR m.available_at > $2)
    LIMIT $3
)sql",
                                                  pg::Planning::indexed);

std::vector<std::int64_t> satisfied(const engine::Access& queue,
                                    std::span<const std::int64_t> runs) {
    return pg::with_spi([&] {
        const engine::StatementRights rights(queue, {{&engine::kMessages, ACL_SELECT},
                                                     {&engine::kWaits, ACL_SELECT},
                                                     {&engine::kSignals, ACL_SELECT},
                                                     {&engine::kEvents, ACL_SELECT},
                                                     {&engine::kRuns, ACL_SELECT}});
        return select_satisfied.run_latest({pg::int8_array(runs)}).int8s(1);
    });
}

std::vector<std::int64_t> waiting_for(const engine::Access& queue,
                                      std::span<const std::int64_t> events) {
    return pg::with_spi([&] {
        const engine::StatementRights rights(queue, {{&engine::kMessages, ACL_SELECT},
                                                     {&engine::kWaits, ACL_SELECT},
                                                     {&engine::kEvents, ACL_SELECT}});
        return select_waiting_for_events
            .run_latest({pg::int8_array(events), pg::timestamptz(engine::clock_now()),
                         pg::int8(kMostWaits)})
            .int8s(1);
    });
}

engine::Table hold_wakes(std::int32_t queue_id) {
    return engine::hold_table(engine::kWakes, engine::Purpose::write,
                              {.queue = queue_id, .is_consequence = true});
}

void append(std::int32_t queue_id, std::span<const std::int64_t> runs) {
    const pg::Value now = pg::timestamptz(engine::clock_now());
    const auto put = [&](std::size_t row, pg::Value* cells) {
        cells[Column::id] = pg::int8(runs[row]);
        cells[Column::available_at] = now;
        cells[Column::enqueued_at] = now;
        cells[Column::queue_id] = pg::int4(queue_id);
    };
    engine::append_messages(hold_wakes(queue_id), engine::row_source(runs.size(), put));
}

std::vector<std::int64_t> take(const queue::Held& held) {
    const engine::Table wakes = hold_wakes(held.queue.id);
    std::vector<std::int64_t> runs;
    runs.reserve(kMostWakes);
    engine::claim(wakes, engine::marks_of(wakes.relation, held.queue.id),
                  {.take = engine::Take::remove,
                   .queue_id = held.queue.id,
                   .queue = {},
                   .quantity = kMostWakes,
                   .rule = {.max_deliveries = core::kUnlimitedDeliveries},
                   .taken = &runs},
                  {}, nullptr);
    return runs;
}

void note_cause(std::int32_t queue_id) {
    engine::note_wake(engine::marks_of(engine::find_table(engine::kMessages), queue_id));
}

void sort_uniquely(std::vector<std::int64_t>& ids) {
    std::sort(ids.begin(), ids.end());
    ids.erase(std::unique(ids.begin(), ids.end()), ids.end());
}

// Adds those of the runs that are there, and not among the locked ones.
void add_left(const queue::Held& held, const std::vector<std::int64_t>& runs,
              const std::vector<core::Message>& locked, std::vector<std::int64_t>& left) {
    auto next = locked.begin();
    for (const std::int64_t run : runs) {
        if (next != locked.end() && next->id == run) {
            ++next;
        } else if (engine::look_at_row(held.messages, run)) {
            left.push_back(run);
        }
    }
}

// Those of the runs that have what they wait for. A run that a worker has will look for itself. Its steps and
// other readers do not disturb, and nobody is disturbed for longer than the look takes: the locks are undone.
std::vector<std::int64_t> ready(const queue::Held& held, const std::vector<std::int64_t>& runs,
                                std::vector<std::int64_t>& left) {
    std::vector<std::int64_t> found;
    pg::try_in_subtransaction([&] {
        const auto locked =
            engine::lock_rows(held.messages, runs, engine::RowLock::share, engine::OnLocked::skip);
        const core::Instant now = engine::clock_now();
        std::vector<std::int64_t> waiting;
        for (const core::Message& message : locked) {
            if (message.lease_end == core::kBeginning &&
                (message.is_parked() || message.available_at > now)) {
                waiting.push_back(message.id);
            }
        }
        if (!waiting.empty()) {
            found = satisfied(held.access, waiting);
            // Whoever gets them does what was asked for.
            const auto asked = requested(held.access, waiting);
            found.insert(found.end(), asked.begin(), asked.end());
            sort_uniquely(found);
        }
        add_left(held, runs, locked, left);
        return false;
    });
    return found;
}

// Makes those of the runs available that have what they wait for. Adds those that others have locked.
void wake(const queue::Held& held, const std::vector<std::int64_t>& runs,
          std::vector<std::int64_t>& left) {
    const std::vector<std::int64_t> found = ready(held, runs, left);
    const auto locked = engine::lock_rows(held.messages, found, engine::RowLock::no_key_update,
                                          engine::OnLocked::skip);
    std::vector<std::int64_t> woken;
    for (const core::Message& message : locked) {
        woken.push_back(message.id);
    }
    make_available(held.access, woken);
    add_left(held, found, locked, left);
}

// Answers the wakes that are not done with.
std::vector<std::int64_t> use(const queue::Held& held, const std::vector<std::int64_t>& wakes) {
    std::vector<std::int64_t> runs;
    std::vector<std::int64_t> events;
    for (const std::int64_t wake : wakes) {
        (wake < 0 ? events : runs).push_back(wake < 0 ? -wake : wake);
    }
    std::vector<std::int64_t> left;
    if (!events.empty()) {
        const auto waiting = waiting_for(held.access, events);
        if (static_cast<std::int64_t>(waiting.size()) == kMostWaits) {
            std::transform(events.begin(), events.end(), std::back_inserter(left), std::negate<>());
        }
        runs.insert(runs.end(), waiting.begin(), waiting.end());
    }
    sort_uniquely(runs);
    wake(held, runs, left);
    return left;
}

}  // namespace

void add_wakes(std::int32_t queue_id, std::span<const std::int64_t> runs) {
    if (runs.empty()) {
        return;
    }
    append(queue_id, runs);
    note_cause(queue_id);
}

void add_event_wake(std::int32_t queue_id, std::int64_t event) {
    const std::int64_t wake = -event;
    append(queue_id, {&wake, 1});
    note_cause(queue_id);
}

std::int64_t drain_wakes(const queue::Held& held) {
    if (pg::has_transaction_snapshot()) {
        return 0;
    }
    std::vector<std::int64_t> left;
    std::int64_t done = 0;
    std::size_t taken = kMostWakes;
    for (int round = 0; done == 0 && taken == kMostWakes && round < kMostRounds; ++round) {
        const std::vector<std::int64_t> wakes = take(held);
        taken = wakes.size();
        const std::vector<std::int64_t> rest = use(held, wakes);
        done = static_cast<std::int64_t>(taken - rest.size());
        left.insert(left.end(), rest.begin(), rest.end());
    }
    if (!left.empty()) {
        append(held.queue.id, left);
    }
    return done;
}

}  // namespace pgqrs::workflow
