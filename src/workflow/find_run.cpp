#include "workflow/find_run.hpp"

#include "core/error.hpp"
#include "engine/access.hpp"
#include "engine/queue_cache.hpp"
#include "engine/tables.hpp"
#include "pg/spi.hpp"

namespace pgqrs::workflow {
namespace {

constinit pg::Statement select_run(
    "SELECT workflow_id, queue_id, final::text FROM pgqrs.runs WHERE id = $1",
    pg::Planning::index_order);

}  // namespace

std::optional<KnownRun> find_run_if_any(std::int64_t id) {
    const engine::StatementRights rights({{&engine::kRuns, ACL_SELECT}});
    const pg::Rows rows = select_run.run_latest({pg::int8(id)});
    if (rows.empty()) {
        return std::nullopt;
    }
    const pg::Value final = rows.at(0, 3);
    return KnownRun{
        .id = id,
        .workflow_id = rows.int4(0, 1),
        .queue_id = rows.int4(0, 2),
        .queue = engine::queue_name(rows.int4(0, 2)),
        .final = final.null ? std::nullopt : std::optional(core::final_state(pg::text_of(final)))};
}

KnownRun find_run(std::int64_t id) {
    auto run = find_run_if_any(id);
    if (!run) {
        throw core::Error(core::SqlState::run_not_found,
                          "run " + std::to_string(id) + " does not exist");
    }
    return *std::move(run);
}

}  // namespace pgqrs::workflow
