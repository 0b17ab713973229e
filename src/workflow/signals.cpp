#include "workflow/signals.hpp"

#include "core/limits.hpp"
#include "engine/access.hpp"
#include "engine/clock.hpp"
#include "engine/tables.hpp"
#include "pg/spi.hpp"
#include "pg/transaction.hpp"
#include "workflow/find_run.hpp"
#include "workflow/steps.hpp"
#include "workflow/wakes.hpp"

namespace pgqrs::workflow {
namespace {

constinit pg::Statement insert_signal(R"sql(
    INSERT INTO pgqrs.signals (run_id, signal, sent_at, dedup_key, payload)
    VALUES ($1, $2, $3, $4, $5)
    ON CONFLICT (run_id, dedup_key) WHERE dedup_key IS NOT NULL DO NOTHING
    RETURNING 1
)sql");

// Only the holder of the run consumes its signals.
constinit pg::Statement consume_signal(R"sql(
    UPDATE pgqrs.signals
    SET consumed = true
    WHERE run_id = $1
        AND signal = $2
        AND id = (
            SELECT s.id
            FROM pgqrs.signals AS s
            WHERE s.run_id = $1 AND s.signal = $2 AND NOT s.consumed AND s.sent_at < $3
            ORDER BY s.id
            LIMIT 1)
    RETURNING payload
)sql",
                                       pg::Planning::index_order);

Found consume(const LiveRun& run, std::string_view signal, core::Instant deadline) {
    const engine::StatementRights rights(run.access(),
                                         {{&engine::kSignals, ACL_SELECT | ACL_UPDATE}});
    const pg::Rows rows = consume_signal.run_latest(
        {pg::int8(run.id()), pg::text(signal), pg::timestamptz(deadline)});
    return rows.empty() ? Found{false} : Found{true, rows.at(0, 1)};
}

constexpr engine::Need kSend{&engine::kSignals, ACL_SELECT | ACL_INSERT};

// Whether there was none with its key.
bool insert(const LiveRun& run, const Signal& signal) {
    return pg::with_spi([&] {
        const engine::StatementRights rights(run.access(), {kSend});
        return !insert_signal
                    .run_latest({pg::int8(run.id()), pg::text(signal.name),
                                 pg::timestamptz(engine::clock_now()), pg::text(signal.dedup_key),
                                 pg::jsonb(signal.payload)})
                    .empty();
    });
}

}  // namespace

bool send(const Signal& signal) {
    constexpr core::Rights kRights = core::rights_for("signal_run");
    core::check_label(signal.name, "signal");
    if (signal.dedup_key) {
        core::check_label(*signal.dedup_key, "dedup_key");
    }
    check_json_size(signal.payload, "payload");
    pg::require_writable("INSERT");
    const KnownRun known = pg::with_spi([&] { return find_run(signal.run); });
    engine::require_access(known.access(kRights), {kSend});
    auto run = LiveRun::find(signal.run, kRights);
    if (!run || !run->lock(engine::RowLock::key_share, engine::OnLocked::wait)) {
        return false;
    }
    if (insert(*run, signal)) {
        add_wakes(run->queue().id, {&signal.run, 1});
    }
    return true;
}

void wait_for_signal(const NamedWait& wait, pg::RowSink& sink) {
    core::check_label(wait.name, "signal");
    const auto look = [&](const LiveRun& run, core::Instant deadline) {
        return consume(run, wait.name, deadline);
    };
    wait_for({.run = wait.run,
              .read_ct = wait.read_ct,
              .key = wait.key,
              .rights = core::rights_for("wait_signal"),
              .kind = core::StepKind::signal,
              .timeout = wait.timeout,
              .target = wait.name,
              .input_hash = wait.name},
             look, sink);
}

}  // namespace pgqrs::workflow
