#include "workflow/executed_queues.hpp"

#include "engine/access.hpp"
#include "engine/marks.hpp"
#include "engine/runner_pool.hpp"
#include "engine/slots.hpp"
#include "engine/tables.hpp"
#include "pg/spi.hpp"
#include "pg/transaction.hpp"
#include "pg/user.hpp"

namespace pgqrs::workflow {
namespace {

// Queues of runs, with the owner for whom the server executes them; null where it does not.
constinit pg::Statement select_queues(R"sql(
    SELECT
        w.queue_id,
        CASE WHEN bool_and(w.handler IS NOT NULL) AND min(w.owner) = max(w.owner) THEN min(w.owner) END
    FROM pgqrs.workflows AS w
    JOIN pgqrs.queues AS q ON q.id = w.queue_id
    GROUP BY w.queue_id
    HAVING NOT bool_or(q.paused_at IS NOT NULL)
)sql");

engine::QueueMarks& marks_of(std::int32_t queue) {
    return engine::marks_of(engine::find_table(engine::kMessages), queue);
}

}  // namespace

queue::Batch announce_executed_queues(queue::Bookmark&) {
    if (!engine::has_shared_memory()) {
        return {};
    }
    pg::with_spi([] {
        const engine::StatementRights rights(
            {{&engine::kWorkflows, ACL_SELECT}, {&engine::kQueues, ACL_SELECT}});
        const pg::Rows rows = select_queues.run_latest({});
        for (std::uint64_t row = 0; row < rows.count(); ++row) {
            const pg::Value name = rows.at(row, 2);
            const Oid owner = name.null ? InvalidOid : pg::find_role(pg::text_of(name));
            engine::QueueMarks& marks = marks_of(rows.int4(row, 1));
            engine::set_executing_owner(marks, owner);
            if (OidIsValid(owner)) {
                engine::want_runner({pg::current_database(), owner}, engine::next_event_of(marks));
            }
        }
    });
    return {};
}

void announce_executed(const Workflow& workflow) {
    if (OidIsValid(workflow.executing_owner)) {
        engine::set_executing_owner(marks_of(workflow.queue_id), workflow.executing_owner);
    }
}

}  // namespace pgqrs::workflow
