#include "workflow/requests.hpp"

#include "engine/access.hpp"
#include "engine/clock.hpp"
#include "engine/tables.hpp"
#include "pg/spi.hpp"
#include "pg/user.hpp"
#include "workflow/wakes.hpp"

namespace pgqrs::workflow {
namespace {

constinit pg::Statement insert_request(R"sql(
    INSERT INTO pgqrs.run_requests (
        run_id, kind, reason, with_children, requested_by, requested_at)
    SELECT $1, $2, $3, $4, $5, $6
    WHERE NOT EXISTS (SELECT FROM pgqrs.run_requests WHERE run_id = $1 AND kind = $2)
)sql",
                                       pg::Planning::indexed);

constinit pg::Statement delete_pause(
    "DELETE FROM pgqrs.run_requests WHERE run_id = $1 AND kind = 'pause' RETURNING 1",
    pg::Planning::indexed);

// The request of a run that is paused stays until it is resumed.
constinit pg::Statement select_requested(R"sql(
    SELECT DISTINCT q.run_id
    FROM unnest($1) AS k (id)
    JOIN pgqrs.run_requests AS q ON q.run_id = k.id
    JOIN pgqrs.messages AS m ON m.id = k.id
    WHERE q.kind = 'cancel'
        OR q.kind = 'pause' AND NOT (m.priority < 0 AND m.waiting_for = 'pause')
    ORDER BY q.run_id
)sql",
                                         pg::Planning::indexed);

constexpr AclMode kChange = ACL_SELECT | ACL_INSERT | ACL_DELETE;

}  // namespace

Grip grip(LiveRun& run) {
    // A worker can give it back meanwhile.
    for (int attempt = 0; attempt < 2; ++attempt) {
        if (!run.is_leased() && run.lock(engine::RowLock::update, engine::OnLocked::skip)) {
            return run.is_leased() ? Grip::busy : Grip::idle;
        }
        if (!run.lock(engine::RowLock::key_share, engine::OnLocked::wait)) {
            return Grip::gone;
        }
        if (run.is_leased()) {
            return Grip::busy;
        }
    }
    return Grip::busy;
}

void add_request(const LiveRun& run, const Request& request, Grip grip) {
    const std::string who = pg::current_user();
    pg::with_spi([&] {
        const engine::StatementRights rights(run.access(), {{&engine::kRunRequests, kChange}});
        insert_request.run_latest(
            {pg::int8(run.id()),
             pg::text(std::string_view(request.kind == RequestKind::cancel ? "cancel" : "pause")),
             pg::text(request.reason), pg::boolean(request.with_children),
             pg::text(std::string_view(who)), pg::timestamptz(engine::clock_now())});
    });
    if (grip == Grip::busy && !run.is_leased()) {
        const std::int64_t id = run.id();
        add_wakes(run.queue().id, {&id, 1});
    }
}

bool remove_pause(const LiveRun& run) {
    return pg::with_spi([&] {
        const engine::StatementRights rights(run.access(), {{&engine::kRunRequests, kChange}});
        return !delete_pause.run_latest({pg::int8(run.id())}).empty();
    });
}

std::vector<std::int64_t> requested(const engine::Access& queue,
                                    std::span<const std::int64_t> runs) {
    return pg::with_spi([&] {
        const engine::StatementRights rights(
            queue, {{&engine::kRunRequests, ACL_SELECT}, {&engine::kMessages, ACL_SELECT}});
        return select_requested.run_latest({pg::int8_array(runs)}).int8s(1);
    });
}

}  // namespace pgqrs::workflow
