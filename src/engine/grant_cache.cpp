#include "engine/grant_cache.hpp"

#include <algorithm>
#include <map>
#include <optional>
#include <string>

#include "engine/access.hpp"
#include "engine/tables.hpp"
#include "pg/invalidation.hpp"
#include "pg/spi.hpp"
#include "pg/user.hpp"

namespace pgqrs::engine {
namespace {

// The role is meant that has both the number and the name: a number can be given to another role later,
// and a name, too.
struct Grant {
    Oid role;
    std::string name;
    core::Rights right;
};
using Registry = std::map<std::int32_t, std::vector<Grant>>;

// A backend that uses ever new queues forgets them all now and then.
constexpr std::size_t kMostQueues = 4096;

// Lives as long as the backend. Emptied at the next look-up after `stale` was set.
constinit Registry* registry = nullptr;
constinit bool stale = false;
constinit Oid grants_relation = InvalidOid;

constinit pg::Statement select_grants(
    "SELECT role_oid, role, privilege FROM pgqrs.grants WHERE queue_id = $1",
    pg::Planning::indexed);

constinit pg::Statement select_all(
    "SELECT role_oid, role, privilege, queue_id FROM pgqrs.grants ORDER BY queue_id");

Grant grant_at(const pg::Rows& rows, std::uint64_t row) {
    return {DatumGetObjectId(rows.at(row, 1).datum), std::string(pg::text_of(rows.at(row, 2))),
            core::right_or_none(pg::text_of(rows.at(row, 3)))};
}

bool counts(const Grant& grant, core::Rights rights) {
    return core::overlap(grant.right, rights) &&
           pg::guard([&] { return pg::is_member_of(grant.role, grant.name.c_str()); });
}

// Calls use(rows) with what the statement finds. Whoever may use the queue need not be able to read who
// else may, so it is read as the extension's owner; not where policies or rules say what is read.
template <class Use>
void read_grants(pg::Statement& statement, std::initializer_list<pg::Value> values, Use use) {
    // Before the query, so that a change committed while it runs marks the copy as stale.
    grants_relation = hold_table(kGrants, Purpose::look).relation;
    pg::with_spi([&] {
        if (!pg::guard([] { return pg::runs_own_code_only(grants_relation, false); })) {
            return;
        }
        std::optional<pg::UserScope> as_owner(std::in_place, extension_owner());
        const pg::Rows rows = statement.run_latest(values);
        as_owner.reset();
        use(rows);
    });
}

const std::vector<Grant>& look_up(std::int32_t queue_id) {
    if (registry == nullptr) {
        registry = new Registry;
        pg::watch_changes(&grants_relation, &stale);
    }
    if (stale || registry->size() >= kMostQueues) {
        registry->clear();
        stale = false;
    }
    const auto found = registry->find(queue_id);
    if (found != registry->end()) {
        return found->second;
    }
    std::vector<Grant> grants;
    read_grants(select_grants, {pg::int4(queue_id)}, [&](const pg::Rows& rows) {
        for (std::uint64_t row = 0; row < rows.count(); ++row) {
            grants.push_back(grant_at(rows, row));
        }
    });
    return registry->emplace(queue_id, std::move(grants)).first->second;
}

}  // namespace

bool has_grant(std::int32_t queue_id, core::Rights rights) {
    if (rights == core::Rights::none) {
        return false;
    }
    const std::vector<Grant>& grants = look_up(queue_id);
    return std::any_of(grants.begin(), grants.end(),
                       [&](const Grant& grant) { return counts(grant, rights); });
}

std::vector<std::int32_t> granted_queues(core::Rights rights) {
    std::vector<std::int32_t> queues;
    read_grants(select_all, {}, [&](const pg::Rows& rows) {
        for (std::uint64_t row = 0; row < rows.count(); ++row) {
            const std::int32_t queue = rows.int4(row, 4);
            if ((queues.empty() || queues.back() != queue) && counts(grant_at(rows, row), rights)) {
                queues.push_back(queue);
            }
        }
    });
    return queues;
}

void announce_grants_changed() { pg::announce_change(find_table(kGrants)); }

}  // namespace pgqrs::engine
