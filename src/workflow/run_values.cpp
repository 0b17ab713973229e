#include "workflow/run_values.hpp"

#include "core/run.hpp"
#include "engine/access.hpp"
#include "engine/clock.hpp"
#include "engine/tables.hpp"
#include "engine/wait.hpp"
#include "pg/spi.hpp"
#include "pg/transaction.hpp"
#include "queue/consume.hpp"
#include "workflow/fence.hpp"
#include "workflow/find_run.hpp"
#include "workflow/steps.hpp"

namespace pgqrs::workflow {
namespace {

constinit pg::Statement upsert_value(R"sql(
    INSERT INTO pgqrs.run_values (run_id, key, set_at, value)
    VALUES ($1, $2, $3, $4)
    ON CONFLICT (run_id, key) DO UPDATE
    SET set_at = excluded.set_at,
        value = excluded.value
)sql");

constinit pg::Statement select_value(
    "SELECT value, true FROM pgqrs.run_values WHERE run_id = $1 AND key = $2",
    pg::Planning::index_order);

constexpr core::Rights kLook = core::rights_for("get_value");

// Puts the value if there is one. A run that has ended sets none any more.
bool look(std::int64_t run, std::string_view key, bool last, pg::RowSink& sink) {
    return pg::with_spi([&] {
        // First: if it ends after this look, the next one sees what it has set.
        const KnownRun known = find_run(run);
        const engine::StatementRights rights(known.access(kLook),
                                             {{&engine::kRunValues, ACL_SELECT}});
        if (select_value.run_into(sink, {pg::int8(run), pg::text(key)}) > 0) {
            return true;
        }
        if (last || known.final) {
            sink.put({pg::null_of(JSONBOID), pg::boolean(false)});
            return true;
        }
        return false;
    });
}

}  // namespace

void set_value(const NewRunValue& value) {
    core::check_label(value.key, "key");
    check_json_size(value.value, "value");
    pg::require_writable("INSERT");
    const LiveRun run =
        hold_run(value.run, value.read_ct, core::rights_for("set_value"), Hold::record);
    refuse_cancelled(run);
    pg::with_spi([&] {
        const engine::StatementRights rights(
            run.access(), {{&engine::kRunValues, ACL_SELECT | ACL_INSERT | ACL_UPDATE}});
        upsert_value.run_latest({pg::int8(run.id()), pg::text(value.key),
                                 pg::timestamptz(engine::clock_now()), pg::jsonb(value.value)});
    });
}

void get_value(std::int64_t run, std::string_view key, core::Duration wait, pg::RowSink& sink) {
    core::check_label(key, "key");
    queue::check_wait(wait);
    const core::Duration deadline = engine::elapsed_clock() + wait;
    // One that joins no list of waiters looks again and again.
    engine::Waiting waiting;
    while (!look(run, key, engine::elapsed_clock() >= deadline, sink)) {
        waiting.sleep(deadline, core::kNever);
    }
}

}  // namespace pgqrs::workflow
