#include "workflow/wakes.hpp"

#include <algorithm>
#include <vector>

#include "engine/access.hpp"
#include "engine/append.hpp"
#include "engine/claim.hpp"
#include "engine/clock.hpp"
#include "engine/journal.hpp"
#include "engine/row_lock.hpp"
#include "engine/tables.hpp"
#include "pg/spi.hpp"
#include "pg/transaction.hpp"
#include "workflow/give_back.hpp"
#include "workflow/requests.hpp"

namespace pgqrs::workflow {
namespace {

using Column = engine::MessageColumn;

// So many wakes a call takes.
constexpr std::int64_t kMostWakes = 100;

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
            WHEN 'children' THEN CASE
                WHEN w.mode_any THEN EXISTS (
                    SELECT
                    FROM pgqrs.runs AS c
                    WHERE c.id = ANY (w.children) AND c.final IS NOT NULL)
                ELSE NOT EXISTS (
                    SELECT
                    FROM pgqrs.runs AS c
                    WHERE c.parent_id = w.run_id AND c.final IS NULL AND c.id = ANY (w.children))
            END
        END
    ORDER BY w.run_id
)sql",
                                         pg::Planning::indexed);

std::vector<std::int64_t> satisfied(const engine::Access& queue,
                                    std::span<const std::int64_t> runs) {
    std::vector<std::int64_t> found;
    pg::with_spi([&] {
        const engine::StatementRights rights(queue, {{&engine::kMessages, ACL_SELECT},
                                                     {&engine::kWaits, ACL_SELECT},
                                                     {&engine::kSignals, ACL_SELECT},
                                                     {&engine::kEvents, ACL_SELECT},
                                                     {&engine::kRuns, ACL_SELECT}});
        const pg::Rows rows = select_satisfied.run_latest({pg::int8_array(runs)});
        for (std::uint64_t row = 0; row < rows.count(); ++row) {
            found.push_back(rows.int8(row, 1));
        }
    });
    return found;
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

}  // namespace

void add_wakes(std::int32_t queue_id, std::span<const std::int64_t> runs) {
    if (runs.empty()) {
        return;
    }
    append(queue_id, runs);
    engine::note_wake(engine::marks_of(engine::find_table(engine::kMessages), queue_id));
}

std::int64_t drain_wakes(const queue::Held& held) {
    if (pg::has_transaction_snapshot()) {
        return 0;
    }
    std::vector<std::int64_t> runs = take(held);
    const auto taken = static_cast<std::int64_t>(runs.size());
    if (taken == 0) {
        return 0;
    }
    std::sort(runs.begin(), runs.end());
    runs.erase(std::unique(runs.begin(), runs.end()), runs.end());
    const auto locked = engine::lock_rows(held.messages, runs, engine::RowLock::no_key_update,
                                          engine::OnLocked::skip);
    std::vector<std::int64_t> waiting;
    const core::Instant now = engine::clock_now();
    for (const core::Message& message : locked) {
        if (message.lease_end == core::kBeginning &&
            (message.is_parked() || message.available_at > now)) {
            waiting.push_back(message.id);
        }
    }
    if (!waiting.empty()) {
        make_available(held.access, satisfied(held.access, waiting));
        // Whoever gets them does what was asked for.
        make_available(held.access, requested(held.access, waiting));
    }
    std::vector<std::int64_t> left;
    for (const std::int64_t run : runs) {
        const auto is_it = [&](const core::Message& message) { return message.id == run; };
        if (std::none_of(locked.begin(), locked.end(), is_it) &&
            engine::look_at_row(held.messages, run)) {
            left.push_back(run);
        }
    }
    if (!left.empty()) {
        append(held.queue.id, left);
    }
    return taken;
}

}  // namespace pgqrs::workflow
