#include "workflow/events.hpp"

#include "engine/access.hpp"
#include "engine/clock.hpp"
#include "engine/queue_cache.hpp"
#include "engine/tables.hpp"
#include "pg/spi.hpp"
#include "pg/transaction.hpp"
#include "queue/held.hpp"
#include "workflow/steps.hpp"
#include "workflow/wakes.hpp"

namespace pgqrs::workflow {
namespace {

// Whoever emits it at the same time waits for the outcome of the other.
constinit pg::Statement insert_event(R"sql(
    INSERT INTO pgqrs.events (queue_id, event, emitted_at, payload)
    VALUES ($1, $2, $3, $4)
    ON CONFLICT (queue_id, event) DO NOTHING
    RETURNING id
)sql");

constinit pg::Statement select_event(R"sql(
    SELECT payload
    FROM pgqrs.events
    WHERE queue_id = $1
        AND event = $2
        AND emitted_at < $3
)sql",
                                     pg::Planning::index_order);

Found look_for(const LiveRun& run, std::string_view event, core::Instant deadline) {
    const engine::StatementRights rights(run.access(), {{&engine::kEvents, ACL_SELECT}});
    const pg::Rows rows = select_event.run_latest(
        {pg::int4(run.queue().id), pg::text(event), pg::timestamptz(deadline)});
    return rows.empty() ? Found{false} : Found{true, rows.at(0, 1)};
}

}  // namespace

bool emit_event(std::string_view queue, std::string_view event,
                const std::optional<pg::Json>& payload) {
    core::check_label(event, "event");
    check_json_size(payload, "payload");
    pg::require_writable("INSERT");
    const engine::Queue held = engine::hold_queue(queue);
    queue::require_runs(held, queue, "enqueue");
    const std::optional<std::int64_t> id = pg::with_spi([&]() -> std::optional<std::int64_t> {
        const engine::StatementRights rights({held.id, queue, core::rights_for("emit_event")},
                                             {{&engine::kEvents, ACL_SELECT | ACL_INSERT}});
        const pg::Rows rows =
            insert_event.run_latest({pg::int4(held.id), pg::text(event),
                                     pg::timestamptz(engine::clock_now()), pg::jsonb(payload)});
        return rows.empty() ? std::nullopt : std::optional(rows.int8(0, 1));
    });
    if (id) {
        add_event_wake(held.id, *id);
    }
    return id.has_value();
}

void wait_for_event(const NamedWait& wait, pg::RowSink& sink) {
    core::check_label(wait.name, "event");
    const auto look = [&](const LiveRun& run, core::Instant deadline) {
        return look_for(run, wait.name, deadline);
    };
    wait_for({.run = wait.run,
              .read_ct = wait.read_ct,
              .key = wait.key,
              .rights = core::rights_for("wait_event"),
              .kind = core::StepKind::event,
              .timeout = wait.timeout,
              .target = wait.name,
              .input_hash = wait.name,
              .is_unknown_to_cause = true},
             look, sink);
}

}  // namespace pgqrs::workflow
