// Who the current user is, and being another one for a moment.
#pragma once

#include <string>
#include <string_view>

#include "pg/compat.hpp"

namespace pgqrs::pg {

// While it lives, the current user is `user`, nobody can change that with SET ROLE, and statements find
// names without a schema in pg_catalog alone. Its end gives the user back on every way out; after an
// error that no C++ sees, the end of the (sub)transaction does.
//
// Nothing of somebody else's may run meanwhile: no trigger, rule, policy or function.
class UserScope {
public:
    explicit UserScope(Oid user);
    ~UserScope();
    UserScope(const UserScope&) = delete;
    UserScope& operator=(const UserScope&) = delete;

private:
    Oid before_;
    int context_before_;
    bool switched_before_;
};

// Whether a UserScope lives.
bool is_another_user();

// The OID of a role; InvalidOid when there is none.
Oid find_role(std::string_view name);

// The name of the current user.
std::string current_user();

// A role as a command names it.
std::string quoted(std::string_view name);

// Raises 42501 with the message unless the current user has the privileges of the role.
void require_role(std::string_view role, const std::string& message);

// The following run below a guard; they raise.

// Whether the current user has the privileges of the role, which must have this name.
bool is_member_of(Oid role, const char* name);

// The role that owns the extension; raises 42704 when the extension is not there.
Oid extension_owner(const char* extension);

// Whether a statement on the relation, which is locked, runs nothing but code of PostgreSQL and of the
// extension that the relation belongs to. `writes`: the statement fires triggers and looks at
// constraints.
bool runs_own_code_only(Oid relation, bool writes);

}  // namespace pgqrs::pg
