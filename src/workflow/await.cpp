#include "workflow/await.hpp"

#include "core/error.hpp"
#include "core/rights.hpp"
#include "engine/access.hpp"
#include "engine/clock.hpp"
#include "engine/settings.hpp"
#include "engine/tables.hpp"
#include "engine/wait.hpp"
#include "pg/spi.hpp"
#include "pg/transaction.hpp"
#include "workflow/find_run.hpp"
#include "workflow/look_at_runs.hpp"

namespace pgqrs::workflow {
namespace {

// $1 and those that continue it, the last first.
constinit pg::Statement select_last(R"sql(
    WITH RECURSIVE chain (id, final, continued_as, place) AS (
        SELECT id, final, continued_as, 1 FROM pgqrs.runs WHERE id = $1
        UNION ALL
        SELECT r.id, r.final, r.continued_as, c.place + 1
        FROM chain AS c
        JOIN pgqrs.runs AS r ON r.id = c.continued_as)
    SELECT id, final IS NOT NULL FROM chain ORDER BY place DESC LIMIT 1
)sql",
                                    pg::Planning::indexed);

struct Last {
    std::int64_t id;
    bool has_ended;
};

Last last_of(std::int64_t id) {
    return pg::with_spi([&] {
        const KnownRun run = find_run(id);
        const engine::StatementRights rights(run.access(core::rights_for("await_run")),
                                             {{&engine::kRuns, ACL_SELECT}});
        const pg::Rows rows = select_last.run_latest({pg::int8(id)});
        if (rows.empty()) {
            pg::raise_serialization_failure();
        }
        return Last{rows.int8(0, 1), rows.boolean(0, 2)};
    });
}

// The last run of the chain once it has ended, or as it is at the end of the time.
Last wait(std::int64_t id, core::Duration timeout, const std::function<void()>& between) {
    const core::Duration deadline = engine::elapsed_clock() + timeout;
    // One that joins no list of waiters looks again and again.
    engine::Waiting waiting;
    for (Last last{id, false};;) {
        const bool is_over = engine::elapsed_clock() >= deadline;
        last = last_of(last.id);
        between();
        if (last.has_ended || is_over) {
            return last;
        }
        waiting.sleep(deadline, core::kNever);
    }
}

}  // namespace

void await_run(std::int64_t run, core::Duration timeout, pg::RowSink& sink) {
    core::check_delay(timeout, "timeout");
    core::check_wait(timeout, engine::max_wait());
    if (timeout > 0 && pg::has_transaction_snapshot()) {
        throw core::Error(
            core::SqlState::invalid_argument, "cannot wait for a run in this isolation level",
            "The transaction's snapshot does not see its end.", "Use READ COMMITTED.");
    }
    get_run(wait(run, timeout, [] {}).id, sink);
}

bool wait_run(std::int64_t run, core::Duration timeout,
              const std::function<void()>& end_transaction) {
    core::check_delay(timeout, "timeout");
    return wait(run, timeout, end_transaction).has_ended;
}

}  // namespace pgqrs::workflow
