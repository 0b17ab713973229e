// Whether the caller may do to a queue's rows what he asks for: the one place that decides it.
//
// The ordinary privileges on the tables come first. Only when they do not suffice, a grant on the queue
// counts (grant_cache.hpp): then the caller may do what the owner of the extension may. It makes no
// difference for what others have put on a table. Their triggers, constraints and policies see the
// caller, and run with his rights:
//
// - A direct write checks a grant instead of the privileges, and changes no user.
// - A statement of ours runs as the owner of the extension (pg_extension.extowner), never as that of the
//   table, and only on tables that have nothing of others.
#pragma once

#include <initializer_list>
#include <optional>
#include <vector>

#include "engine/table.hpp"
#include "pg/user.hpp"

namespace pgqrs::engine {

// A table and the privileges a statement needs on it.
struct Need {
    const TableSpec* table;
    AclMode mode;
};

// While it lives, statements of ours run with the rights that they need: the caller's own where they
// suffice, else those of the extension's owner where a grant allows it. Raises 42501 when the caller
// has no right of either kind. A caller with privileges on some columns is left to the executor.
//
// It must not live across anything but Statement::run() and the like.
class StatementRights {
public:
    StatementRights(const Access& access, std::initializer_list<Need> needs);

    // Without a grant: for what is a consequence of something that was allowed.
    explicit StatementRights(std::initializer_list<Need> needs);

private:
    void become_owner(std::initializer_list<Need> needs);

    std::optional<pg::UserScope> owner_;
};

// The queues that a call about all queues is about, when the caller's own privileges are not enough for all
// of them: those on which he has a grant. Nothing when they are enough. Raises 42501 without any right.
std::optional<std::vector<std::int32_t>> queues_in_reach(core::Rights rights,
                                                         std::initializer_list<Need> needs);

// Raises 42501 unless the caller may do it, as StatementRights does.
void require_access(const Access& access, std::initializer_list<Need> needs);

// The same for another queue that the call is about, whose rows the needs are as well: a grant on the first
// queue is not enough for it.
void require_access_too(const Access& second, const Access& first,
                        std::initializer_list<Need> needs);

// Whether the caller has the privileges himself, if only on some columns.
bool has_own_rights(const Need& need);

// Whether the caller may do it, with privileges on the table, not only on columns, or with a grant.
bool may_access(const Access& access, const Need& need);

// Whether the caller may lock rows of the table, and so wait for them.
inline bool may_lock_rows(const Access& access, const TableSpec& table) {
    return may_access(access, {&table, ACL_UPDATE});
}

// Whether the caller may read all rows of the queue in these tables: no row-level security holds any
// back.
bool can_read_all(const Access& access, std::initializer_list<const TableSpec*> tables);

// The role that owns the extension. A change counts from the next transaction on.
Oid extension_owner();

// Raises 42501 unless the caller owns the extension, or has the rights of who does.
void require_ownership();

// Raises 42501 unless the caller may take ids from the table's sequence.
void require_sequence(const Table& table, Oid sequence);

// Raises 42501 unless the user has the privileges in `mode` on the table or on each of the columns, or a
// grant. DELETE is a privilege of tables only. It may raise or throw: it is called below a guard, above
// nothing but our own code.
void require_privileges(const Table& table, AclMode mode, Places columns);

}  // namespace pgqrs::engine
