#include "workflow/purge_runs.hpp"

#include <vector>

#include "core/limits.hpp"
#include "engine/access.hpp"
#include "engine/clock.hpp"
#include "engine/tables.hpp"
#include "pg/spi.hpp"
#include "pg/transaction.hpp"
#include "workflow/run_rows.hpp"
#include "workflow/workflow_cache.hpp"

namespace pgqrs::workflow {
namespace {

// So many runs are removed at a time, so that memory stays bounded however many there are.
constexpr std::int64_t kBatch = 1000;

// $1 the workflow, $2 the time before which they ended, $3 a time from which on they are looked at, $4 how many,
// $5 now. The last row says how far it looked.
constinit pg::Statement select_ended(R"sql(
    SELECT
        r.id, r.finished_at,
        NOT EXISTS (SELECT FROM pgqrs.runs AS p WHERE p.id = r.parent_id AND p.final IS NULL)
        AND NOT EXISTS (
            SELECT
            FROM pgqrs.keys AS k
            WHERE k.message_id = r.id
                AND (k.scope = 'forever' OR k.scope = 'period' AND k.expires_at > $5))
        AND NOT EXISTS (
            SELECT FROM pgqrs.run_requests AS q WHERE q.run_id = r.id AND q.kind = 'cascade')
    FROM pgqrs.runs AS r
    WHERE r.workflow_id = $1
        AND r.final IS NOT NULL
        AND r.finished_at <= $2
        AND r.finished_at >= $3
    ORDER BY r.finished_at
    LIMIT $4
    FOR UPDATE OF r SKIP LOCKED
)sql",
                                     pg::Planning::indexed);

constinit pg::Statement select_retentions(R"sql(
    SELECT id, retention FROM pgqrs.workflows WHERE retention IS NOT NULL ORDER BY id
)sql");

// One that somebody is just giving to another run stays.
constinit pg::Statement delete_keys(R"sql(
    DELETE FROM pgqrs.keys
    WHERE (queue_id, workflow_id, key) IN (
            SELECT k.queue_id, k.workflow_id, k.key
            FROM pgqrs.keys AS k
            WHERE k.message_id = ANY ($1)
            FOR UPDATE SKIP LOCKED)
        AND message_id = ANY ($1)
)sql",
                                    pg::Planning::indexed);
// The updates are for the locks.
constexpr std::initializer_list<engine::Need> kPurged = {
    {&engine::kRuns, ACL_SELECT | ACL_UPDATE},
    {&engine::kRunRequests, ACL_SELECT},
    {&engine::kKeys, ACL_SELECT | ACL_DELETE | ACL_UPDATE}};

// Runs of a workflow that ended from `from` on, and before `before`.
struct Stretch {
    std::int32_t workflow;
    core::Instant before;
    core::Instant from;
};

struct Looked {
    std::int64_t at;   // so many
    core::Instant to;  // the end of the last one
    std::int64_t purged;
};

Looked purge_some(const engine::Access& access, const Stretch& stretch, std::int64_t page,
                  std::int64_t quantity) {
    return pg::with_spi([&] {
        require_rows_of_runs(access);
        std::vector<std::int64_t> ids;
        const pg::Rows rows = [&] {
            const engine::StatementRights rights(access, kPurged);
            return select_ended.run_latest({pg::int4(stretch.workflow),
                                            pg::timestamptz(stretch.before),
                                            pg::timestamptz(stretch.from), pg::int8(page),
                                            pg::timestamptz(engine::clock_now())});
        }();
        for (std::uint64_t row = 0; row < rows.count(); ++row) {
            if (rows.boolean(row, 3) && static_cast<std::int64_t>(ids.size()) < quantity) {
                ids.push_back(rows.int8(row, 1));
            }
        }
        if (!ids.empty()) {
            {
                const engine::StatementRights rights(access, kPurged);
                delete_keys.run_latest({pg::int8_array(ids)});
            }
            delete_rows_of_runs(access, ids);
        }
        return Looked{
            .at = static_cast<std::int64_t>(rows.count()),
            .to = rows.empty() ? stretch.before : pg::timestamp_of(rows.at(rows.count() - 1, 2)),
            .purged = static_cast<std::int64_t>(ids.size())};
    });
}

std::int64_t purge(const engine::Access& access, std::int32_t workflow, core::Instant before,
                   std::int64_t quantity) {
    Stretch stretch{.workflow = workflow, .before = before, .from = core::kBeginning};
    std::int64_t purged = 0;
    for (std::int64_t page = kBatch; purged < quantity;) {
        const Looked looked = purge_some(access, stretch, page, quantity - purged);
        purged += looked.purged;
        if (looked.at < page) {
            break;
        }
        // Runs that stay and ended in the same moment must not fill each page.
        page = looked.to == stretch.from && looked.purged == 0 ? page * 2 : kBatch;
        stretch.from = looked.to;
    }
    return purged;
}

}  // namespace

std::int64_t purge_runs(const PurgeTerms& terms) {
    core::check_delay(terms.older_than, "older_than");
    if (terms.quantity) {
        core::check_quantity(*terms.quantity, INT64_MAX);
    }
    pg::require_writable("DELETE");
    const Workflow workflow = hold_workflow(terms.workflow);
    return purge(workflow.access(core::rights_for("purge_runs")), workflow.id,
                 engine::clock_now() - terms.older_than, terms.quantity.value_or(INT64_MAX));
}

std::int64_t purge_retained_runs(std::int64_t limit) {
    struct Rule {
        std::int32_t workflow;
        core::Duration retention;
    };
    const auto rules = pg::with_spi([] {
        std::vector<Rule> found;
        const engine::StatementRights rights({{&engine::kWorkflows, ACL_SELECT}});
        const pg::Rows rows = select_retentions.run_latest({});
        for (std::uint64_t row = 0; row < rows.count(); ++row) {
            found.push_back({rows.int4(row, 1), rows.interval(row, 2)});
        }
        return found;
    });
    std::int64_t purged = 0;
    for (const Rule& rule : rules) {
        if (purged < limit) {
            purged += purge({.is_consequence = true}, rule.workflow,
                            engine::clock_now() - rule.retention, limit - purged);
        }
    }
    return purged;
}

}  // namespace pgqrs::workflow
