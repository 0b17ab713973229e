#include "workflow/decide.hpp"

#include <string>

#include "core/error.hpp"
#include "engine/access.hpp"
#include "engine/clock.hpp"
#include "engine/tables.hpp"
#include "pg/spi.hpp"
#include "pg/transaction.hpp"
#include "queue/history.hpp"
#include "workflow/fence.hpp"
#include "workflow/find_run.hpp"
#include "workflow/steps.hpp"
#include "workflow/values.hpp"

namespace pgqrs::workflow {
namespace {

constinit pg::Statement lock_step(R"sql(
    SELECT status = 'started', kind = 'step', read_ct
    FROM pgqrs.steps
    WHERE run_id = $1
        AND name = $2
        AND seq = $3
    FOR UPDATE
)sql",
                                  pg::Planning::indexed);

constinit pg::Statement decide(R"sql(
    UPDATE pgqrs.steps
    SET status = $4, output = $5, error = coalesce($6, error), recorded_at = $7
    WHERE run_id = $1
        AND name = $2
        AND seq = $3
        AND status = 'started'
)sql",
                               pg::Planning::indexed);

}  // namespace

void decide_step(const Decision& decision) {
    if (decision.output && decision.error) {
        throw core::Error(core::SqlState::invalid_argument,
                          "a step has either an output or an error");
    }
    check_json_size(decision.output, "output");
    pg::require_writable("UPDATE");
    constexpr core::Rights kRights = core::rights_for("decide_step");
    const KnownRun run = pg::with_spi([&] { return find_run(decision.run); });
    const std::string name = "step \"" + std::string(decision.key.name) + "\" " +
                             std::to_string(decision.key.seq) + " of run " + std::to_string(run.id);
    const auto refuse = [&](core::SqlState state, const char* what) {
        throw core::Error(state, name + what);
    };
    const pg::Value id = pg::int8(run.id);
    const pg::Value key = pg::text(decision.key.name);
    const pg::Value seq = pg::int4(decision.key.seq);
    constexpr engine::Need kChange{&engine::kSteps, ACL_SELECT | ACL_UPDATE};
    const auto read_ct = pg::with_spi([&]() -> std::int32_t {
        const engine::StatementRights rights(run.access(kRights), {kChange});
        const pg::Rows rows = lock_step.run_latest({id, key, seq});
        if (rows.empty() || !rows.boolean(0, 2)) {
            refuse(core::SqlState::invalid_argument,
                   rows.empty() ? " does not exist" : " is a wait");
        }
        if (!rows.boolean(0, 1)) {
            refuse(core::SqlState::step_recorded, " was recorded before");
        }
        return rows.int4(0, 3);
    });
    if (const auto live = LiveRun::find(run.id, kRights);
        live && live->message().read_ct == read_ct && live->is_leased()) {
        refuse(core::SqlState::invalid_argument, " is being executed");
    }
    const std::string error = decision.error ? queue::shortened(*decision.error) : std::string();
    pg::with_spi([&] {
        const engine::StatementRights rights(run.access(kRights), {kChange});
        decide.run_latest(
            {id, key, seq,
             value_of(decision.error ? core::StepStatus::failed : core::StepStatus::overridden),
             pg::jsonb(decision.output),
             pg::text(decision.error ? std::optional<std::string_view>(error) : std::nullopt),
             pg::timestamptz(engine::clock_now())});
    });
}

}  // namespace pgqrs::workflow
