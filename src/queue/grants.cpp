#include "queue/grants.hpp"

#include <string>

#include "core/error.hpp"
#include "core/rights.hpp"
#include "engine/access.hpp"
#include "engine/queue_cache.hpp"
#include "engine/tables.hpp"
#include "pg/spi.hpp"
#include "pg/transaction.hpp"
#include "pg/user.hpp"

namespace pgqrs::queue {
namespace {

// A role of the same name that was dropped leaves its row to the new one.
constinit pg::Statement insert_grant(R"sql(
    INSERT INTO pgqrs.grants AS g (queue_id, role, privilege, role_oid, gave_execute, granted_by)
    VALUES ($1, $2, $3, $4, $5, $6)
    ON CONFLICT (queue_id, role, privilege) DO UPDATE
    SET role_oid = excluded.role_oid,
        gave_execute = excluded.gave_execute,
        granted_by = excluded.granted_by,
        granted_at = clock_timestamp()
    WHERE g.role_oid <> excluded.role_oid
    RETURNING queue_id
)sql");

constinit pg::Statement needs_execute(R"sql(
    SELECT NOT has_schema_privilege($1::oid, 'pgqrs', 'USAGE')
        OR EXISTS (SELECT FROM pgqrs.grants WHERE role_oid = $1 AND gave_execute)
)sql");

constinit pg::Statement delete_grant(R"sql(
    DELETE FROM pgqrs.grants
    WHERE queue_id = $1
        AND role = $2
        AND privilege = $3
    RETURNING role_oid, gave_execute
)sql");

constinit pg::Statement any_of_name("SELECT FROM pgqrs.grants WHERE role = $1 LIMIT 1");

constinit pg::Statement any_of_role("SELECT FROM pgqrs.grants WHERE role_oid = $1 LIMIT 1");

#define PGQRS_GRANTS                                                                     \
    "SELECT q.name, g.role, g.privilege, r.oid IS NOT NULL, g.granted_by, g.granted_at " \
    "FROM pgqrs.grants AS g "                                                            \
    "JOIN pgqrs.queues AS q ON q.id = g.queue_id "                                       \
    "LEFT JOIN pg_catalog.pg_roles AS r ON r.oid = g.role_oid AND r.rolname = g.role "

constinit pg::Statement grants_of(PGQRS_GRANTS "WHERE g.queue_id = $1 ORDER BY 1, 2, 3");
constinit pg::Statement grants_of_some(PGQRS_GRANTS "WHERE g.queue_id = ANY ($1) ORDER BY 1, 2, 3");
constinit pg::Statement all_grants(PGQRS_GRANTS "ORDER BY 1, 2, 3");

constinit pg::Statement delete_grants("DELETE FROM pgqrs.grants WHERE queue_id = $1");
constinit pg::Statement delete_all_grants("DELETE FROM pgqrs.grants");

constexpr engine::Need kWrite{&engine::kGrants, ACL_SELECT | ACL_INSERT | ACL_UPDATE | ACL_DELETE};
constexpr std::initializer_list<engine::Need> kRead = {{&engine::kGrants, ACL_SELECT},
                                                       {&engine::kQueues, ACL_SELECT}};

pg::Value oid(Oid number) { return pg::of(OIDOID, ObjectIdGetDatum(number)); }

std::string routines_for(core::Rights rights) {
    std::string names;
    for (const core::FunctionRights& each : core::kFunctionRights) {
        if (core::overlap(each.rights, rights)) {
            names += (names.empty() ? "pgqrs." : ", pgqrs.") + std::string(each.function);
        }
    }
    return names;
}

// As the owner of the extension, so that he has given them whoever calls, and can take them back.
void let_execute(std::string_view role, core::Rights rights) {
    const pg::UserScope as_owner(engine::extension_owner());
    pg::run_command("GRANT USAGE ON SCHEMA pgqrs TO " + pg::quoted(role));
    pg::run_command("GRANT EXECUTE ON ROUTINE " + routines_for(rights) + " TO " + pg::quoted(role));
}

void let_execute_nothing(std::string_view role) {
    const pg::UserScope as_owner(engine::extension_owner());
    pg::run_command("REVOKE EXECUTE ON ROUTINE " + routines_for(core::Rights::any) + " FROM " +
                    pg::quoted(role));
    pg::run_command("REVOKE USAGE ON SCHEMA pgqrs FROM " + pg::quoted(role));
}

[[noreturn]] void raise_no_role(std::string_view role) {
    throw core::Error(core::SqlState::invalid_argument,
                      "role \"" + std::string(role) + "\" does not exist");
}

// The queue, held, and nobody else grants or revokes before the end of the transaction.
std::int32_t begin_change(const Grant& grant) {
    const std::int32_t queue = engine::hold_queue(grant.queue).id;
    pg::lock_name(engine::find_table(engine::kGrants), "", pg::LockMode::exclusive);
    return queue;
}

pg::Rows write(pg::Statement& statement, std::initializer_list<pg::Value> values) {
    const engine::StatementRights rights({kWrite});
    return statement.run_latest(values);
}

}  // namespace

bool grant_queue(const Grant& grant) {
    engine::require_ownership();
    const core::Rights right = core::right_named(grant.privilege);
    const Oid role = pg::find_role(grant.role);
    if (!OidIsValid(role)) {
        raise_no_role(grant.role);
    }
    const std::int32_t queue = begin_change(grant);
    const std::string granted_by = pg::current_user();
    return pg::with_spi([&] {
        const bool give = write(needs_execute, {oid(role)}).boolean(0, 1);
        const bool changed =
            !write(insert_grant,
                   {pg::int4(queue), pg::text(grant.role), pg::text(grant.privilege), oid(role),
                    pg::boolean(give), pg::text(std::string_view(granted_by))})
                 .empty();
        let_execute(grant.role, right);
        return changed;
    });
}

bool revoke_queue(const Grant& grant) {
    engine::require_ownership();
    core::right_named(grant.privilege);
    const Oid role = pg::find_role(grant.role);
    const std::int32_t queue = begin_change(grant);
    return pg::with_spi([&] {
        if (!OidIsValid(role) && write(any_of_name, {pg::text(grant.role)}).empty()) {
            raise_no_role(grant.role);
        }
        const pg::Rows deleted =
            write(delete_grant, {pg::int4(queue), pg::text(grant.role), pg::text(grant.privilege)});
        if (deleted.empty()) {
            return false;
        }
        if (DatumGetObjectId(deleted.at(0, 1).datum) == role && deleted.boolean(0, 2) &&
            write(any_of_role, {oid(role)}).empty()) {
            let_execute_nothing(grant.role);
        }
        return true;
    });
}

void list_grants(std::optional<std::string_view> queue, pg::RowSink& sink) {
    constexpr core::Rights kRights = core::rights_for("list_grants");
    pg::with_spi([&] {
        if (queue) {
            const engine::Access access{engine::find_queue(*queue).id, *queue, kRights};
            const engine::StatementRights rights(access, kRead);
            grants_of.look_into(sink, {pg::int4(access.queue)});
        } else if (const auto some = engine::queues_in_reach(kRights, kRead)) {
            const pg::Value queues = pg::int4_array(*some);
            const engine::StatementRights rights(kRead);
            grants_of_some.look_into(sink, {queues});
        } else {
            all_grants.look_into(sink, {});
        }
    });
}

void forget_grants(std::int32_t queue_id) { write(delete_grants, {pg::int4(queue_id)}); }

void forget_all_grants() { write(delete_all_grants, {}); }

}  // namespace pgqrs::queue
