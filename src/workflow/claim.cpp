#include "workflow/claim.hpp"

#include <algorithm>
#include <vector>

#include "core/error.hpp"
#include "engine/access.hpp"
#include "engine/queue_cache.hpp"
#include "engine/tables.hpp"
#include "pg/spi.hpp"
#include "queue/consume.hpp"
#include "workflow/cancel.hpp"
#include "workflow/fence.hpp"
#include "workflow/give_back.hpp"
#include "workflow/requests.hpp"
#include "workflow/state.hpp"
#include "workflow/wakes.hpp"

namespace pgqrs::workflow {
namespace {

constexpr core::Rights kRights = core::rights_for("claim_runs");

// pgqrs.claimed_run, in the order of the ids. The oldest steps come first, up to $2 bytes.
constinit pg::Statement select_claimed(R"sql(
    SELECT
        r.id, w.name, r.version, m.read_ct::integer, m.attempt, r.input,
        m.headers::pg_catalog.jsonb, h.steps, h.complete, m.waiting_for
    FROM unnest($1) WITH ORDINALITY AS k (id, place)
    JOIN pgqrs.runs AS r ON r.id = k.id
    JOIN pgqrs.messages AS m ON m.id = k.id
    JOIN pgqrs.workflows AS w ON w.id = r.workflow_id
    CROSS JOIN LATERAL (
        SELECT
            coalesce(
                jsonb_agg(
                    jsonb_strip_nulls(jsonb_build_object(
                        'name', s.name, 'seq', s.seq, 'kind', s.kind, 'attempt', s.attempt,
                        'error', s.error, 'until', s.until, 'child', s.child_id,
                        'status', )sql" PGQRS_STEP_STATUS R"sql())
                    || CASE
                        WHEN s.output IS NULL THEN '{}' ELSE jsonb_build_object('output', s.output)
                    END
                    ORDER BY s.started_at, s.name, s.seq)
                FILTER (WHERE s.bytes <= $2),
                '[]'),
            coalesce(max(s.bytes) <= $2, true)
        FROM (
            SELECT
                p.*,
                sum(octet_length(p.name) + coalesce(pg_column_size(p.output), 0)
                    + coalesce(octet_length(p.error), 0) + 32)
                    OVER (ORDER BY p.started_at, p.name, p.seq) AS bytes
            FROM pgqrs.steps AS p
            WHERE p.run_id = k.id
        ) AS s
    ) AS h (steps, complete)
    ORDER BY k.place
)sql",
                                       pg::Planning::indexed);

// Runs whose worker died after somebody had asked for their end, or for a pause.
void obey_requests(const engine::Access& queue, std::vector<std::int64_t>& runs) {
    for (const std::int64_t id : requested(queue, runs)) {
        auto run = LiveRun::find(id, queue.rights);
        if (!run || !run->lock(engine::RowLock::update, engine::OnLocked::wait)) {
            continue;
        }
        if (const Requests requests = requests_of(*run); requests.cancel) {
            end_cancelled(*run, requests);
        } else if (requests.pause) {
            park_for_pause(*run);
        } else {
            continue;
        }
        std::erase(runs, id);
    }
}

}  // namespace

std::vector<std::int64_t> lease_runs(const ClaimRequest& request) {
    std::vector<std::int64_t> runs = queue::dequeue_ids(
        {.queue = request.queue,
         .quantity = request.quantity,
         .visibility = request.visibility,
         .worker = request.worker,
         .wait = request.wait,
         .rights = kRights,
         .runs = true,
         .prepare = [](const queue::Held& held) { return drain_wakes(held) > 0; }});
    if (!runs.empty()) {
        obey_requests({engine::find_queue(request.queue).id, request.queue, kRights}, runs);
    }
    return runs;
}

void claim_runs(const ClaimRequest& request, pg::RowSink& sink) {
    if (request.step_bytes < 0) {
        throw core::Error(core::SqlState::invalid_argument, "step_bytes must not be negative");
    }
    const std::vector<std::int64_t> runs = lease_runs(request);
    if (runs.empty()) {
        return;
    }
    const engine::Access access{engine::find_queue(request.queue).id, request.queue, kRights};
    pg::with_spi([&] {
        const engine::StatementRights rights(access, {{&engine::kRuns, ACL_SELECT},
                                                      {&engine::kMessages, ACL_SELECT},
                                                      {&engine::kWorkflows, ACL_SELECT},
                                                      {&engine::kSteps, ACL_SELECT}});
        select_claimed.run_into(sink, {pg::int8_array(runs), pg::int8(request.step_bytes)});
    });
}

}  // namespace pgqrs::workflow
