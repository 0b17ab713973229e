#include "workflow/run_rows.hpp"

#include "engine/access.hpp"
#include "engine/tables.hpp"
#include "pg/spi.hpp"

namespace pgqrs::workflow {
namespace {

constinit pg::Statement delete_steps("DELETE FROM pgqrs.steps WHERE run_id = ANY ($1)",
                                     pg::Planning::indexed);
constinit pg::Statement delete_signals("DELETE FROM pgqrs.signals WHERE run_id = ANY ($1)",
                                       pg::Planning::indexed);
constinit pg::Statement delete_waits("DELETE FROM pgqrs.waits WHERE run_id = ANY ($1)",
                                     pg::Planning::indexed);
constinit pg::Statement delete_values("DELETE FROM pgqrs.run_values WHERE run_id = ANY ($1)",
                                      pg::Planning::indexed);
constinit pg::Statement delete_requests("DELETE FROM pgqrs.run_requests WHERE run_id = ANY ($1)",
                                        pg::Planning::indexed);
constinit pg::Statement delete_failures("DELETE FROM pgqrs.failures WHERE message_id = ANY ($1)",
                                        pg::Planning::indexed);
constinit pg::Statement delete_runs("DELETE FROM pgqrs.runs WHERE id = ANY ($1)",
                                    pg::Planning::indexed);

constexpr AclMode kReadAndDelete = ACL_SELECT | ACL_DELETE;
constexpr std::initializer_list<engine::Need> kNeeds = {
    {&engine::kRuns, kReadAndDelete},      {&engine::kSteps, kReadAndDelete},
    {&engine::kSignals, kReadAndDelete},   {&engine::kWaits, kReadAndDelete},
    {&engine::kRunValues, kReadAndDelete}, {&engine::kRunRequests, kReadAndDelete},
    {&engine::kFailures, kReadAndDelete}};

}  // namespace

void require_rows_of_runs(const engine::Access& access) { engine::require_access(access, kNeeds); }

void delete_rows_of_runs(const engine::Access& access, std::span<const std::int64_t> runs) {
    const engine::StatementRights rights(access, kNeeds);
    const pg::Value ids = pg::int8_array(runs);
    for (pg::Statement* statement : {&delete_steps, &delete_signals, &delete_waits, &delete_values,
                                     &delete_requests, &delete_failures, &delete_runs}) {
        statement->run_latest({ids});
    }
}

}  // namespace pgqrs::workflow
