#include "workflow/chain.hpp"

#include <string>

#include "engine/access.hpp"
#include "engine/tables.hpp"
#include "pg/spi.hpp"
#include "pg/transaction.hpp"
#include "workflow/cancel.hpp"
#include "workflow/fence.hpp"
#include "workflow/find_run.hpp"
#include "workflow/finish.hpp"
#include "workflow/give_back.hpp"
#include "workflow/start.hpp"
#include "workflow/workflow_cache.hpp"

namespace pgqrs::workflow {
namespace {

constinit pg::Statement select_ended(R"sql(
    SELECT
        coalesce(r.first_id, r.id), r.parent_id, r.cancel_with_parent, r.version, r.key,
        m.headers::pg_catalog.jsonb
    FROM pgqrs.runs AS r
    JOIN pgqrs.messages AS m ON m.id = r.id
    WHERE r.id = $1
)sql",
                                     pg::Planning::indexed);

constinit pg::Statement move_key("UPDATE pgqrs.keys SET message_id = $2 WHERE message_id = $1",
                                 pg::Planning::indexed);
constinit pg::Statement move_signals(
    "UPDATE pgqrs.signals SET run_id = $2 WHERE run_id = $1 AND NOT consumed",
    pg::Planning::indexed);
constinit pg::Statement move_pause(
    "UPDATE pgqrs.run_requests SET run_id = $2 WHERE run_id = $1 AND kind = 'pause'",
    pg::Planning::indexed);
// In the order in which others lock several.
constinit pg::Statement move_children(R"sql(
    UPDATE pgqrs.runs
    SET parent_id = $2
    WHERE id IN (
        SELECT id FROM pgqrs.runs WHERE parent_id = $1 AND final IS NULL ORDER BY id FOR UPDATE)
)sql",
                                      pg::Planning::indexed);

// What the new run has of the old one. The texts are kept here.
struct Inherited {
    std::int64_t first;
    std::optional<std::int64_t> parent;
    bool cancel_with_parent;
    std::optional<std::string> version;
    std::optional<std::string> key;
    std::optional<pg::Json> headers;
};

std::optional<std::string> text_or_none(const pg::Value& value) {
    return value.null ? std::nullopt : std::optional(std::string(pg::text_of(value)));
}

Inherited inherited_of(const LiveRun& run) {
    return pg::with_spi([&] {
        const engine::StatementRights rights(
            run.access(), {{&engine::kRuns, ACL_SELECT}, {&engine::kMessages, ACL_SELECT}});
        const pg::Rows rows = select_ended.run_latest({pg::int8(run.id())});
        const pg::Value parent = rows.at(0, 2);
        const pg::Value headers = rows.keep(0, 6);
        return Inherited{
            .first = rows.int8(0, 1),
            .parent = parent.null ? std::nullopt
                                  : std::optional<std::int64_t>(DatumGetInt64(parent.datum)),
            .cancel_with_parent = rows.boolean(0, 3),
            .version = text_or_none(rows.at(0, 4)),
            .key = text_or_none(rows.at(0, 5)),
            // They were measured when the first run was started.
            .headers = headers.null ? std::nullopt : std::optional(pg::Json{headers.datum, 0})};
    });
}

// A time limit of the workflow counts anew for each run, and one that was given for the run goes on.
std::optional<core::Instant> deadline_of(const LiveRun& run, const Workflow& workflow) {
    const core::Instant deadline = run.message().expires_at;
    return workflow.run_timeout > 0 || deadline == core::kBeginning ? std::nullopt
                                                                    : std::optional(deadline);
}

void pass_on(const LiveRun& run, std::int64_t to) {
    constexpr AclMode kMove = ACL_SELECT | ACL_UPDATE;
    pg::with_spi([&] {
        const engine::StatementRights rights(run.access(), {{&engine::kKeys, kMove},
                                                            {&engine::kSignals, kMove},
                                                            {&engine::kRunRequests, kMove},
                                                            {&engine::kRuns, kMove}});
        for (pg::Statement* move : {&move_key, &move_signals, &move_pause, &move_children}) {
            move->run_latest({pg::int8(run.id()), pg::int8(to)});
        }
    });
}

}  // namespace

std::optional<std::int64_t> continue_as_new(std::int64_t id, std::int64_t read_ct,
                                            const std::optional<pg::Json>& input) {
    constexpr core::Rights kRights = core::rights_for("continue_as_new");
    check_start(input, {.priority = core::kDefaultPriority, .delay = {}});
    pg::require_writable("UPDATE");
    const KnownRun known = pg::with_spi([&] { return find_run(id); });
    const auto found = find_workflow_by_id(known.workflow_id);
    // Before the message, as it is with everybody who has both.
    const auto workflow = found ? hold_workflow_if_any(found->name) : std::nullopt;
    const LiveRun run = hold_run(id, read_ct, kRights, Hold::end);
    if (!workflow) {
        raise_not_live(id, kRights);
    }
    const Requests requests = requests_of(run);
    if (requests.cancel) {
        end_cancelled(run, requests);
        return std::nullopt;
    }
    const Inherited inherited = inherited_of(run);
    const NewRuns common{.priority = run.message().priority,
                         .delay = {},
                         .version = inherited.version,
                         .deadline = deadline_of(run, *workflow),
                         .headers = inherited.headers,
                         .parent = inherited.parent,
                         .cancel_with_parent = inherited.cancel_with_parent,
                         .first = inherited.first,
                         .rights = kRights};
    const std::int64_t next = take_run_ids(*workflow, common, 1).front();
    add_runs(*workflow, common, {&next, 1}, {&input, 1}, inherited.key);
    pass_on(run, next);
    end_run(run, {.final = core::Final::succeeded, .continued_as = next});
    if (requests.pause) {
        auto paused = LiveRun::find(next, kRights);
        if (paused && paused->lock(engine::RowLock::update, engine::OnLocked::wait)) {
            park_for_pause(*paused);
        }
    }
    return next;
}

}  // namespace pgqrs::workflow
