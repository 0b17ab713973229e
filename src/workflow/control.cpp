#include "workflow/control.hpp"

#include "core/limits.hpp"
#include "engine/access.hpp"
#include "engine/tables.hpp"
#include "pg/spi.hpp"
#include "pg/transaction.hpp"
#include "queue/produce.hpp"
#include "workflow/find_run.hpp"

namespace pgqrs::workflow {
namespace {

constinit pg::Statement reopen(R"sql(
    UPDATE pgqrs.runs
    SET final = NULL, output = NULL, error = NULL, finished_at = NULL
    WHERE id = $1
        AND final = 'failed'
    RETURNING coalesce(read_ct, 0)
)sql",
                               pg::Planning::indexed);

}  // namespace

bool retry_if_failed(std::int64_t id, core::Rights rights) {
    pg::require_writable("UPDATE");
    return pg::with_spi([&] {
        const KnownRun run = find_run(id);
        std::int32_t read_ct = 0;
        {
            const engine::StatementRights as(run.access(rights),
                                             {{&engine::kRuns, ACL_SELECT | ACL_UPDATE}});
            const pg::Rows rows = reopen.run_latest({pg::int8(id)});
            if (rows.empty()) {
                return false;
            }
            read_ct = rows.int4(0, 1);
        }
        queue::enqueue_runs({.queue = run.queue,
                             .priority = core::kDefaultPriority,
                             .delay = {},
                             .at = std::nullopt,
                             .runs = true,
                             .read_ct = read_ct},
                            {&id, 1}, {});
        return true;
    });
}

}  // namespace pgqrs::workflow
