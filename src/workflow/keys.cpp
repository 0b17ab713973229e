#include "workflow/keys.hpp"

#include <string>

#include "core/error.hpp"
#include "engine/access.hpp"
#include "engine/clock.hpp"
#include "engine/delay.hpp"
#include "engine/tables.hpp"
#include "pg/calendar.hpp"
#include "pg/spi.hpp"

namespace pgqrs::workflow {
namespace {

constinit pg::Statement insert_key(R"sql(
    INSERT INTO pgqrs.keys (queue_id, workflow_id, key, message_id, scope, expires_at, input_hash)
    VALUES ($1, $2, $3, $4, $5, $6, md5($7::text))
    ON CONFLICT DO NOTHING
    RETURNING 1
)sql");

// Whether the key counts, and has this input.
constinit pg::Statement look_at_key(R"sql(
    SELECT
        k.message_id,
        CASE k.scope
            WHEN 'active' THEN EXISTS (
                SELECT FROM pgqrs.runs AS r WHERE r.id = k.message_id AND r.final IS NULL)
            WHEN 'period' THEN k.expires_at > $4
            ELSE true
        END,
        k.input_hash = md5($5::text)
    FROM pgqrs.keys AS k
    WHERE k.queue_id = $1
        AND k.workflow_id = $2
        AND k.key = $3
)sql",
                                    pg::Planning::indexed);

constinit pg::Statement lock_key(R"sql(
    SELECT 1
    FROM pgqrs.keys
    WHERE queue_id = $1
        AND workflow_id = $2
        AND key = $3
    FOR UPDATE
)sql",
                                 pg::Planning::indexed);

constinit pg::Statement take_over(R"sql(
    UPDATE pgqrs.keys
    SET message_id = $4, scope = $5, expires_at = $6, input_hash = md5($7::text)
    WHERE queue_id = $1
        AND workflow_id = $2
        AND key = $3
)sql",
                                  pg::Planning::indexed);

constinit pg::Statement lock_key_of_run(R"sql(
    SELECT k.message_id
    FROM pgqrs.runs AS r
    JOIN pgqrs.keys AS k ON k.queue_id = r.queue_id AND k.workflow_id = r.workflow_id AND k.key = r.key
    WHERE r.id = $1
    FOR UPDATE OF k
)sql",
                                        pg::Planning::indexed);

// The key of a run that has another run's id, if it counts for that.
constinit pg::Statement counts_for_another(R"sql(
    SELECT k.message_id, k.key
    FROM pgqrs.keys AS k
    WHERE k.message_id = $2
        AND (k.queue_id, k.workflow_id, k.key) = (
            SELECT r.queue_id, r.workflow_id, r.key FROM pgqrs.runs AS r WHERE r.id = $1)
        AND CASE k.scope
            WHEN 'active' THEN EXISTS (
                SELECT FROM pgqrs.runs AS o WHERE o.id = k.message_id AND o.final IS NULL)
            WHEN 'period' THEN k.expires_at > $3
            ELSE true
        END
)sql",
                                           pg::Planning::indexed);

// Also for a key that was purged.
constinit pg::Statement take_back(R"sql(
    INSERT INTO pgqrs.keys AS k (queue_id, workflow_id, key, message_id, scope, input_hash)
    SELECT queue_id, workflow_id, key, id, 'active', md5(input::text)
    FROM pgqrs.runs
    WHERE id = $1
        AND key IS NOT NULL
    ON CONFLICT (queue_id, workflow_id, key) DO UPDATE
    SET message_id = excluded.message_id, scope = 'active', expires_at = NULL,
        input_hash = excluded.input_hash
    WHERE k.message_id = $2
)sql",
                                  pg::Planning::indexed);

constexpr const char* name_of(core::KeyScope scope) {
    switch (scope) {
        case core::KeyScope::active:
            return "active";
        case core::KeyScope::period:
            return "period";
        case core::KeyScope::forever:
            break;
    }
    return "forever";
}

}  // namespace

void check_key(const RunKey& key) {
    core::check_label(key.key, "idempotency_key");
    if (key.period.has_value() != (key.scope == core::KeyScope::period)) {
        throw core::Error(core::SqlState::invalid_argument,
                          key.period ? "key_period is only for key_scope => 'period'"
                                     : "key_scope => 'period' needs a key_period");
    }
    if (key.period) {
        engine::check_time_to_live(*key.period);
    }
}

std::optional<std::int64_t> take_key(const Workflow& workflow, const RunKey& key, std::int64_t run,
                                     const pg::Value& input) {
    const engine::StatementRights rights(
        workflow.access(core::rights_for("start_workflow")),
        {{&engine::kKeys, ACL_SELECT | ACL_INSERT | ACL_UPDATE}, {&engine::kRuns, ACL_SELECT}});
    const core::Instant now = engine::clock_now();
    const pg::Value queue = pg::int4(workflow.queue_id);
    const pg::Value id = pg::int4(workflow.id);
    const pg::Value text = pg::text(key.key);
    const pg::Value scope = pg::text(std::string_view(name_of(key.scope)));
    const pg::Value expires_at =
        key.period ? pg::timestamptz(pg::after(now, *key.period)) : pg::null_of(TIMESTAMPTZOID);
    for (bool locked = false;;) {
        if (!locked &&
            !insert_key.run_latest({queue, id, text, pg::int8(run), scope, expires_at, input})
                 .empty()) {
            return std::nullopt;
        }
        const pg::Rows found =
            look_at_key.run_latest({queue, id, text, pg::timestamptz(now), input});
        if (found.empty()) {
            // It was removed a moment ago.
            locked = false;
        } else if (found.boolean(0, 2)) {
            if (!found.boolean(0, 3)) {
                throw core::Error(
                    core::SqlState::key_mismatch,
                    "idempotency key \"" + std::string(key.key) + "\" was used with another input",
                    "Run " + std::to_string(found.int8(0, 1)) + " has it.");
            }
            return found.int8(0, 1);
        } else if (locked) {
            take_over.run_latest({queue, id, text, pg::int8(run), scope, expires_at, input});
            return std::nullopt;
        } else {
            // Look again with the key in hand: somebody else may be taking it over.
            locked = !lock_key.run_latest({queue, id, text}).empty();
        }
    }
}

void keep_key(const engine::Access& queue, std::int64_t run) {
    const engine::StatementRights rights(
        queue,
        {{&engine::kKeys, ACL_SELECT | ACL_INSERT | ACL_UPDATE}, {&engine::kRuns, ACL_SELECT}});
    const pg::Value id = pg::int8(run);
    const pg::Rows key = lock_key_of_run.run_latest({id});
    const std::int64_t holder = key.empty() ? 0 : key.int8(0, 1);
    if (holder == run) {
        return;
    }
    const pg::Rows taken =
        counts_for_another.run_latest({id, pg::int8(holder), pg::timestamptz(engine::clock_now())});
    if (!taken.empty()) {
        throw core::Error(core::SqlState::duplicate, "run " + std::to_string(holder) +
                                                         " has the idempotency key \"" +
                                                         std::string(pg::text_of(taken.at(0, 2))) +
                                                         "\" of run " + std::to_string(run));
    }
    take_back.run_latest({id, pg::int8(holder)});
}

}  // namespace pgqrs::workflow
