#include "workflow/give_back.hpp"

#include <algorithm>

#include "engine/access.hpp"
#include "engine/change.hpp"
#include "engine/clock.hpp"
#include "engine/journal.hpp"
#include "engine/tables.hpp"
#include "pg/spi.hpp"
#include "queue/held.hpp"
#include "workflow/values.hpp"

namespace pgqrs::workflow {
namespace {

using Column = engine::MessageColumn;

constexpr engine::Places kWaiting =
    engine::places(Column::available_at, Column::priority, Column::flags, Column::parked_priority,
                   Column::waiting_for);

constinit pg::Statement select_without_handler(R"sql(
    SELECT m.id
    FROM pgqrs.runs AS r
    JOIN pgqrs.messages AS m ON m.id = r.id
    WHERE r.workflow_id = $1
        AND r.final IS NULL
        AND m.waiting_for = 'no_handler'
        AND m.vt IS NULL
    ORDER BY m.id
)sql");

bool is_same(const pg::Value& label, const pg::Value& other) {
    return !label.null && label.datum == other.datum;
}

// Whether the time from which a run can be delivered is one that replay does not look at.
bool keeps_time(core::RunReason reason) {
    return reason == core::RunReason::start || reason == core::RunReason::retry;
}
// Part of an edit.
void park(const core::Message& row, pg::Value* cells) {
    if (!row.is_parked()) {
        cells[Column::parked_priority] = pg::int2(static_cast<std::int16_t>(row.priority));
        cells[Column::priority] = pg::int2(core::kParked);
    }
}

// Part of an edit.
void unpark(const core::Message& row, pg::Value* cells) {
    if (row.is_parked()) {
        cells[Column::priority] = cells[Column::parked_priority];
        cells[Column::parked_priority] = pg::null_of(INT2OID);
    }
}

std::int64_t change(const engine::Access& queue, std::span<const std::int64_t> ids,
                    const engine::RowEdit& edit) {
    std::vector<engine::RowKey> keys;
    for (const std::int64_t id : ids) {
        keys.push_back({id, std::nullopt});
    }
    const engine::Table messages =
        engine::hold_table(engine::kMessages, engine::Purpose::write, queue);
    engine::QueueMarks& marks = engine::marks_of(messages.relation, queue.queue);
    return static_cast<std::int64_t>(engine::change_rows({messages, marks, keys}, edit).size());
}

}  // namespace

void give_back(const LiveRun& run, const GivenBack& how, std::int16_t attempt) {
    const core::Instant now = engine::clock_now();
    const pg::Value reason = value_of(how.paused ? core::RunReason::pause : how.reason);
    const bool parks = how.paused || how.at == core::kNever;
    // What replay does not look at itself counts after the pause, too.
    const core::Instant after_pause =
        keeps_time(how.reason) && how.at != core::kNever ? how.at : now;
    // Whoever is not to wait is not put off, also in the metrics.
    const std::int16_t flags = how.at <= now ? core::kMadeAvailable : 0;
    const auto edit = [&](const core::Message& row, pg::Value* cells) {
        cells[Column::attempt] = pg::int2(attempt);
        cells[Column::waiting_for] = reason;
        if (parks) {
            park(row, cells);
        }
        if (how.paused) {
            cells[Column::available_at] = pg::timestamptz(std::max(after_pause, core::Instant{0}));
        } else if (!parks) {
            cells[Column::available_at] = pg::timestamptz(std::max(how.at, core::Instant{0}));
        }
        queue::give_back(row, flags, cells);
        return true;
    };
    const std::int64_t id = run.id();
    change(run.access(), {&id, 1},
           engine::row_edit(kWaiting | queue::kGivenBack | engine::places(Column::attempt), edit));
    // There can be a cause already that the caller did not see.
    engine::note_wake(run.marks());
}

void park_for_pause(const LiveRun& run) {
    const core::Instant now = engine::clock_now();
    const pg::Value reason = value_of(core::RunReason::pause);
    const pg::Value start = value_of(core::RunReason::start);
    const pg::Value retry = value_of(core::RunReason::retry);
    const auto edit = [&](const core::Message& row, pg::Value* cells) {
        if (!is_same(cells[Column::waiting_for], start) &&
            !is_same(cells[Column::waiting_for], retry) &&
            !(row.is_parked() && is_same(cells[Column::waiting_for], reason))) {
            cells[Column::available_at] = pg::timestamptz(now);
        }
        cells[Column::waiting_for] = reason;
        park(row, cells);
        queue::give_back(row, 0, cells);
        return true;
    };
    const std::int64_t id = run.id();
    change(run.access(), {&id, 1}, engine::row_edit(kWaiting | queue::kGivenBack, edit));
}

bool end_pause(const LiveRun& run) {
    const core::Instant now = engine::clock_now();
    const pg::Value paused = value_of(core::RunReason::pause);
    const pg::Value unknown = value_of(core::RunReason::no_handler);
    const auto edit = [&](const core::Message& row, pg::Value* cells) {
        const pg::Value& reason = cells[Column::waiting_for];
        if (row.lease_end != core::kBeginning || !row.is_parked() ||
            !(is_same(reason, paused) || is_same(reason, unknown))) {
            return false;
        }
        if (row.available_at <= now || is_same(reason, unknown)) {
            cells[Column::available_at] = pg::timestamptz(now);
            cells[Column::flags] =
                pg::int2(static_cast<std::int16_t>(row.flags | core::kMadeAvailable));
        }
        unpark(row, cells);
        return true;
    };
    const std::int64_t id = run.id();
    return change(run.access(), {&id, 1}, engine::row_edit(kWaiting, edit)) > 0;
}

std::int64_t make_available(const engine::Access& queue, std::span<const std::int64_t> runs) {
    if (runs.empty()) {
        return 0;
    }
    const pg::Value now = pg::timestamptz(engine::clock_now());
    const auto edit = [&](const core::Message& row, pg::Value* cells) {
        if (row.lease_end != core::kBeginning) {
            return false;
        }
        cells[Column::available_at] = now;
        cells[Column::flags] =
            pg::int2(static_cast<std::int16_t>(row.flags | core::kMadeAvailable));
        unpark(row, cells);
        return true;
    };
    return change(queue, runs, engine::row_edit(kWaiting, edit));
}

void wake_those_without_handler(std::int32_t workflow, const engine::Access& queue) {
    const auto runs = pg::with_spi([&] {
        const engine::StatementRights rights(
            queue, {{&engine::kRuns, ACL_SELECT}, {&engine::kMessages, ACL_SELECT}});
        return select_without_handler.run_latest({pg::int4(workflow)}).int8s(1);
    });
    make_available(queue, runs);
}

}  // namespace pgqrs::workflow
