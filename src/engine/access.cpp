#include "engine/access.hpp"

#include <algorithm>
#include <string>

#include "engine/grant_cache.hpp"
#include "engine/tables.hpp"
#include "pg/guard.hpp"

namespace pgqrs::engine {
namespace {

// Nothing tells of a change of pg_extension, so it is looked up once in each transaction.
constinit LocalTransactionId owner_known_in = InvalidLocalTransactionId;
constinit Oid known_owner = InvalidOid;

// Whether the role has the privileges in `mode` on the table or on each of the columns.
bool has_privileges(const Table& table, Oid role, AclMode mode, Places columns) {
    const AclMode missing = mode & ~pg_class_aclmask(table.relation, role, mode, ACLMASK_ALL);
    bool allowed = (missing & ACL_DELETE) == 0;
    for (std::size_t place = 0; missing != 0 && allowed && place < table.spec->columns.size();
         ++place) {
        if ((columns & places(place)) != 0 && table.has(place)) {
            for (const AclMode each : {ACL_SELECT, ACL_INSERT, ACL_UPDATE}) {
                allowed = allowed && ((missing & each) == 0 ||
                                      pg_attribute_aclcheck(table.relation, table.numbers[place],
                                                            role, each) == ACLCHECK_OK);
            }
        }
    }
    return allowed;
}

// As PostgreSQL words it. The hint names the queue and a privilege that would do.
[[noreturn]] void refuse(const Access& access, const char* kind, const char* object) {
    const std::string_view privilege = core::first_name(access.rights);
    ereport(ERROR,
            (errcode(ERRCODE_INSUFFICIENT_PRIVILEGE),
             errmsg("permission denied for %s %s", kind, object),
             access.name.empty()
                 ? 0
                 : errhint("pgqrs.grant_queue(%s, %s, '%s') would allow it.",
                           quote_literal_cstr(pnstrdup(access.name.data(), access.name.size())),
                           quote_literal_cstr(GetUserNameFromId(GetUserId(), false)),
                           pnstrdup(privilege.data(), privilege.size()))));
    pg_unreachable();
}

enum class Own { enough, some, none };

// What the caller's own privileges on the tables are good for. Sets `lacking` to a table without any.
Own own_rights(std::initializer_list<Need> needs, const TableSpec*& lacking) {
    Own own = Own::enough;
    for (const Need& need : needs) {
        const Oid relation = find_table(*need.table);
        const Own here = pg::guard([&] {
            const Oid user = GetUserId();
            const AclMode missing =
                need.mode & ~pg_class_aclmask(relation, user, need.mode, ACLMASK_ALL);
            for (const AclMode each : {ACL_SELECT, ACL_INSERT, ACL_UPDATE, ACL_DELETE}) {
                if ((missing & each) != 0 &&
                    (each == ACL_DELETE ||
                     pg_attribute_aclcheck_all(relation, user, each, ACLMASK_ANY) != ACLCHECK_OK)) {
                    return Own::none;
                }
            }
            return missing == 0 ? Own::enough : Own::some;
        });
        if (here == Own::none) {
            lacking = need.table;
            return here;
        }
        own = here == Own::some ? here : own;
    }
    return own;
}

// Whether the caller needs the extension owner's rights, and may have them.
bool needs_owner(const Access& access, std::initializer_list<Need> needs) {
    const TableSpec* lacking = nullptr;
    const Own own = own_rights(needs, lacking);
    if (own == Own::enough) {
        return false;
    }
    const bool granted = access.is_consequence || has_grant(access.queue, access.rights);
    if (!granted && own == Own::none) {
        pg::guard([&] { refuse(access, "table", lacking->name); });
    }
    return granted;
}

constexpr AclMode kWrites = ACL_INSERT | ACL_UPDATE | ACL_DELETE;

}  // namespace

StatementRights::StatementRights(const Access& access, std::initializer_list<Need> needs) {
    if (needs_owner(access, needs)) {
        become_owner(needs);
    }
}

StatementRights::StatementRights(std::initializer_list<Need> needs) {
    const TableSpec* lacking = nullptr;
    if (own_rights(needs, lacking) != Own::enough) {
        become_owner(needs);
    }
}

void StatementRights::become_owner(std::initializer_list<Need> needs) {
    for (const Need& need : needs) {
        // Nobody can put a trigger on a table meanwhile that is going to be written.
        const bool writes = (need.mode & kWrites) != 0;
        const Oid relation =
            hold_table(*need.table, writes ? Purpose::write : Purpose::look).relation;
        if (!pg::guard([&] { return pg::runs_own_code_only(relation, writes); })) {
            return;
        }
    }
    owner_.emplace(extension_owner());
}

std::optional<std::vector<std::int32_t>> queues_in_reach(core::Rights rights,
                                                         std::initializer_list<Need> needs) {
    const TableSpec* lacking = nullptr;
    const Own own = own_rights(needs, lacking);
    if (own == Own::enough) {
        return std::nullopt;
    }
    std::vector<std::int32_t> queues = granted_queues(rights);
    if (!queues.empty()) {
        return queues;
    }
    if (own == Own::none) {
        pg::guard([&] { refuse({}, "table", lacking->name); });
    }
    return std::nullopt;
}

void require_access(const Access& access, std::initializer_list<Need> needs) {
    needs_owner(access, needs);
}

void require_access_too(const Access& second, const Access& first,
                        std::initializer_list<Need> needs) {
    if (needs_owner(first, needs) && !has_grant(second.queue, second.rights)) {
        pg::guard([&] { refuse(second, "table", needs.begin()->table->name); });
    }
}

bool has_own_rights(const Need& need) {
    const TableSpec* lacking = nullptr;
    return own_rights({need}, lacking) != Own::none;
}

bool may_access(const Access& access, const Need& need) {
    const Oid relation = find_table(*need.table);
    return pg::guard([&] {
               return pg_class_aclmask(relation, GetUserId(), need.mode, ACLMASK_ALL) == need.mode;
           }) ||
           has_grant(access.queue, access.rights);
}

bool can_read_all(const Access& access, std::initializer_list<const TableSpec*> tables) {
    return std::all_of(tables.begin(), tables.end(), [&](const TableSpec* spec) {
        const Oid relation = find_table(*spec);
        const bool readable = pg::guard(
            [&] { return pg_class_aclcheck(relation, GetUserId(), ACL_SELECT) == ACLCHECK_OK; });
        return (readable || has_grant(access.queue, access.rights)) && pg::guard([&] {
                   return check_enable_rls(relation, InvalidOid, true) != RLS_ENABLED;
               });
    });
}

Oid extension_owner() {
    const LocalTransactionId now = pg::compat::local_transaction();
    if (owner_known_in != now || !OidIsValid(known_owner)) {
        known_owner = pg::guard([] { return pg::extension_owner(kExtension); });
        owner_known_in = now;
    }
    return known_owner;
}

void require_ownership() {
    const Oid owner = extension_owner();
    pg::guard([&] {
        if (!has_privs_of_role(GetUserId(), owner)) {
            ereport(ERROR, (errcode(ERRCODE_INSUFFICIENT_PRIVILEGE),
                            errmsg("must be owner of extension %s", kExtension)));
        }
    });
}

void require_sequence(const Table& table, Oid sequence) {
    const auto may_use = [&](Oid role) {
        return pg_class_aclcheck(sequence, role, ACL_USAGE | ACL_UPDATE) == ACLCHECK_OK;
    };
    if (pg::guard([&] { return may_use(GetUserId()); })) {
        return;
    }
    const bool granted =
        table.access.is_consequence || has_grant(table.access.queue, table.access.rights);
    const Oid owner = extension_owner();
    pg::guard([&] {
        if (!granted || !may_use(owner)) {
            refuse(table.access, "sequence", table.spec->sequence);
        }
    });
}

void require_privileges(const Table& table, AclMode mode, Places columns) {
    if (has_privileges(table, GetUserId(), mode, columns)) {
        return;
    }
    if (!(table.access.is_consequence || has_grant(table.access.queue, table.access.rights)) ||
        !has_privileges(table, extension_owner(), mode, columns)) {
        refuse(table.access, "table", table.spec->name);
    }
}

}  // namespace pgqrs::engine
