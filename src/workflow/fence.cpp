#include "workflow/fence.hpp"

#include "core/error.hpp"
#include "engine/access.hpp"
#include "engine/change.hpp"
#include "engine/clock.hpp"
#include "engine/tables.hpp"
#include "engine/wait.hpp"
#include "pg/spi.hpp"
#include "workflow/find_run.hpp"

namespace pgqrs::workflow {
namespace {

constexpr engine::Need kOwn{&engine::kMessages, ACL_SELECT | ACL_UPDATE};

constinit pg::Statement select_requests(
    "SELECT kind = 'cancel', coalesce(reason, ''), with_children FROM pgqrs.run_requests "
    "WHERE run_id = $1 AND kind IN ('cancel', 'pause') ORDER BY id",
    pg::Planning::index_order);

[[noreturn]] void raise_lost(std::int64_t run, const std::string& detail) {
    throw core::Error(core::SqlState::lease_lost,
                      "the lease of run " + std::to_string(run) + " was lost", detail);
}

// One that has slept or was given back since has no lease, and one that was delivered again has another
// read_ct.
void require_own(const core::Message& message, std::int64_t read_ct) {
    if (message.read_ct != read_ct) {
        raise_lost(message.id, "Its delivery " + std::to_string(read_ct) +
                                   " was followed by delivery " + std::to_string(message.read_ct) +
                                   ".");
    }
    if (message.lease_end == core::kBeginning) {
        raise_lost(message.id, "It was given back, or waits.");
    }
}

// A lease of which less than half is left begins anew, unless another step of the run is just being
// recorded.
void renew_lease(const LiveRun& run) {
    const core::Instant now = engine::clock_now();
    const core::Duration lease = run.queue().visibility_timeout;
    if (run.message().lease_end - now >= lease / 2) {
        return;
    }
    const engine::RowKey key{run.id(), run.message().read_ct};
    const engine::Table messages = run.messages();
    const auto renew = [&](const core::Message& row, pg::Value* cells) {
        if (row.lease_end == core::kBeginning) {
            return false;
        }
        cells[engine::MessageColumn::vt] = pg::timestamptz(now + lease);
        return true;
    };
    engine::change_rows({messages, run.marks(), {&key, 1}, true},
                        engine::row_edit(engine::places(engine::MessageColumn::vt), renew));
}

// Whoever extends the lease, or looks whether the run is to be woken, has the message for a moment. So it is
// tried for longer than that.
constexpr core::Duration kMoment = 100 * core::kMillisecond;

bool lock_soon(LiveRun& run, engine::RowLock lock) {
    const core::Duration end = engine::elapsed_clock() + kMoment;
    // One that joins no list of waiters tries again and again.
    engine::Waiting waiting;
    for (;;) {
        const bool is_over = engine::elapsed_clock() >= end;
        if (run.lock(lock, engine::OnLocked::skip)) {
            return true;
        }
        if (is_over) {
            return false;
        }
        waiting.sleep(end, core::kNever);
    }
}

// An open step is the worker's own fault, and it could wait for it in vain. But whoever sends the run a
// signal, or asks for its end, is somebody else, who ends by himself: he is waited for, as by a finish.
bool lock_to_suspend(LiveRun& run) {
    return lock_soon(run, engine::RowLock::no_key_update) &&
           run.lock(engine::RowLock::update, engine::OnLocked::wait);
}

bool lock_for(LiveRun& run, Hold hold) {
    switch (hold) {
        case Hold::record:
            return run.lock(engine::RowLock::share, engine::OnLocked::wait);
        case Hold::end:
            return run.lock(engine::RowLock::update, engine::OnLocked::wait);
        case Hold::suspend:
            break;
    }
    return lock_to_suspend(run);
}

}  // namespace

std::optional<LiveRun> LiveRun::find(std::int64_t run, core::Rights rights, bool is_consequence) {
    const auto message =
        engine::look_at_row(engine::hold_table(engine::kMessages, engine::Purpose::look), run);
    if (!message) {
        return std::nullopt;
    }
    std::string name = engine::queue_name(message->queue_id);
    const auto queue = engine::find_queue_if_any(name);
    if (!queue || !queue->holds_runs) {
        return std::nullopt;
    }
    return LiveRun(*message, std::move(name), *queue, rights, is_consequence);
}

engine::QueueMarks& LiveRun::marks() const {
    return engine::marks_of(engine::find_table(engine::kMessages), queue_.id);
}

engine::Table LiveRun::messages() const {
    return engine::hold_table(engine::kMessages, engine::Purpose::write, access());
}

bool LiveRun::lock(engine::RowLock lock, engine::OnLocked on_locked) {
    const auto locked = engine::lock_row(messages(), message_.id, lock, on_locked);
    if (locked) {
        message_ = *locked;
    }
    return locked.has_value();
}

bool LiveRun::is_leased() const {
    return core::is_leased(message_, queue_.rule(), engine::clock_now());
}

LiveRun own_run(std::int64_t run, std::int64_t read_ct, core::Rights rights) {
    auto live = LiveRun::find(run, rights);
    if (!live) {
        raise_not_live(run, rights);
    }
    engine::require_access(live->access(), {kOwn});
    require_own(live->message(), read_ct);
    return *std::move(live);
}

LiveRun hold_run(std::int64_t run, std::int64_t read_ct, core::Rights rights, Hold hold) {
    LiveRun live = own_run(run, read_ct, rights);
    if (hold == Hold::record) {
        renew_lease(live);
    }
    if (!lock_for(live, hold)) {
        if (hold == Hold::suspend && LiveRun::find(run, rights)) {
            throw core::Error(
                core::SqlState::steps_open,
                "run " + std::to_string(run) + " cannot wait while its steps are open",
                "A transaction that records a step of the run has not ended.");
        }
        raise_not_live(run, rights);
    }
    require_own(live.message(), read_ct);
    return live;
}

void raise_not_live(std::int64_t run, core::Rights rights) {
    const KnownRun known = pg::with_spi([&] { return find_run(run); });
    engine::require_access(known.access(rights), {kOwn});
    raise_lost(run, known.final
                        ? std::string("The run has ended: ") + core::label_of(*known.final) + "."
                        : "Its message was removed.");
}

Requests requests_of(const LiveRun& run) {
    return pg::with_spi([&] {
        const engine::StatementRights rights(run.access(), {{&engine::kRunRequests, ACL_SELECT}});
        const pg::Rows rows = select_requests.run_latest({pg::int8(run.id())});
        Requests requests;
        for (std::uint64_t row = 0; row < rows.count(); ++row) {
            if (rows.boolean(row, 1) && !requests.cancel) {
                requests.cancel = true;
                requests.reason = pg::text_of(rows.at(row, 2));
                requests.with_children = rows.boolean(row, 3);
            }
            requests.pause = requests.pause || !rows.boolean(row, 1);
        }
        return requests;
    });
}

Requests refuse_cancelled(const LiveRun& run) {
    Requests requests = requests_of(run);
    if (requests.cancel) {
        throw core::Error(core::SqlState::run_cancelled,
                          "run " + std::to_string(run.id()) + " is to be cancelled",
                          requests.reason.empty() ? "" : "Reason: " + requests.reason);
    }
    return requests;
}

}  // namespace pgqrs::workflow
