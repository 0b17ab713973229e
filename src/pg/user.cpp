#include "pg/user.hpp"

#include <algorithm>
#include <cstring>

#include "pg/guard.hpp"

namespace pgqrs::pg {
namespace {

constinit bool switched = false;

bool is_foreign_function(Oid function, void*) { return function >= FirstNormalObjectId; }

bool calls_foreign_function(Node* node, void*) {
    return node != nullptr && (check_functions_in_node(node, is_foreign_function, nullptr) ||
                               compat::walk_expression(node, calls_foreign_function));
}

bool is_harmless(const char* expression) {
    return expression == nullptr ||
           !calls_foreign_function(static_cast<Node*>(stringToNode(expression)), nullptr);
}

bool has_generated_columns(TupleDesc shape) {
    for (int i = 0; i < shape->natts; ++i) {
        if (TupleDescAttr(shape, i)->attgenerated != '\0') {
            return true;
        }
    }
    return false;
}

bool has_harmless_constraints(const TupleConstr* constraints) {
    for (int i = 0; constraints != nullptr && i < constraints->num_check; ++i) {
        if (!is_harmless(constraints->check[i].ccbin)) {
            return false;
        }
    }
    for (int i = 0; constraints != nullptr && i < constraints->num_defval; ++i) {
        if (!is_harmless(constraints->defval[i].adbin)) {
            return false;
        }
    }
    return true;
}

bool has_harmless_indexes(Relation relation) {
    List* indexes = RelationGetIndexList(relation);
    bool harmless = true;
    ListCell* cell;
    foreach (cell, indexes) {
        Relation index = index_open(lfirst_oid(cell), AccessShareLock);
        harmless = harmless &&
                   !calls_foreign_function(
                       reinterpret_cast<Node*>(RelationGetIndexExpressions(index)), nullptr) &&
                   !calls_foreign_function(
                       reinterpret_cast<Node*>(RelationGetIndexPredicate(index)), nullptr);
        index_close(index, NoLock);
    }
    list_free(indexes);
    return harmless;
}

// Those of foreign keys call functions of PostgreSQL, which do their work as the owners of the tables.
bool has_known_triggers(Oid extension, const TriggerDesc* triggers) {
    for (int i = 0; triggers != nullptr && i < triggers->numtriggers; ++i) {
        const Trigger& trigger = triggers->triggers[i];
        const bool known = !is_foreign_function(trigger.tgfoid, nullptr) ||
                           (OidIsValid(extension) &&
                            getExtensionOfObject(ProcedureRelationId, trigger.tgfoid) == extension);
        if (!known || trigger.tgqual != nullptr) {
            return false;
        }
    }
    return true;
}

// relhassubclass alone stays set for a while after the last child has gone.
bool has_children(Relation relation) {
    return relation->rd_rel->relhassubclass &&
           find_inheritance_children(RelationGetRelid(relation), NoLock) != NIL;
}

}  // namespace

UserScope::UserScope(Oid user) : switched_before_(switched) {
    GetUserIdAndSecContext(&before_, &context_before_);
    SetUserIdAndSecContext(user, context_before_ | SECURITY_LOCAL_USERID_CHANGE);
    switched = true;
}

UserScope::~UserScope() {
    SetUserIdAndSecContext(before_, context_before_);
    switched = switched_before_;
}

bool is_another_user() { return switched; }

Oid find_role(std::string_view name) {
    const std::string terminated(name);
    return guard([&] { return get_role_oid(terminated.c_str(), true); });
}

std::string current_user() {
    return guard([] { return static_cast<const char*>(GetUserNameFromId(GetUserId(), false)); });
}

std::string quoted(std::string_view name) {
    const std::string terminated(name);
    return guard([&] { return quote_identifier(terminated.c_str()); });
}

void require_role(std::string_view role, const std::string& message) {
    const Oid oid = find_role(role);
    guard([&] {
        if (!OidIsValid(oid) || !has_privs_of_role(GetUserId(), oid)) {
            ereport(ERROR,
                    (errcode(ERRCODE_INSUFFICIENT_PRIVILEGE), errmsg("%s", message.c_str())));
        }
    });
}

bool is_member_of(Oid role, const char* name) {
    const char* now = GetUserNameFromId(role, true);
    return now != nullptr && std::strcmp(now, name) == 0 && has_privs_of_role(GetUserId(), role);
}

Oid extension_owner(const char* extension) {
    Relation catalog = table_open(ExtensionRelationId, AccessShareLock);
    ScanKeyData key;
    ScanKeyInit(&key, Anum_pg_extension_extname, BTEqualStrategyNumber, F_NAMEEQ,
                CStringGetDatum(extension));
    SysScanDesc scan = systable_beginscan(catalog, ExtensionNameIndexId, true, nullptr, 1, &key);
    const HeapTuple row = systable_getnext(scan);
    const Oid owner = HeapTupleIsValid(row)
                          ? reinterpret_cast<Form_pg_extension>(GETSTRUCT(row))->extowner
                          : InvalidOid;
    systable_endscan(scan);
    table_close(catalog, AccessShareLock);
    if (!OidIsValid(owner)) {
        ereport(ERROR, (errcode(ERRCODE_UNDEFINED_OBJECT),
                        errmsg("extension \"%s\" does not exist", extension)));
    }
    return owner;
}

bool runs_own_code_only(Oid oid, bool writes) {
    Relation relation = table_open(oid, NoLock);
    const TupleDesc shape = RelationGetDescr(relation);
    bool only = relation->rd_rel->relkind == RELKIND_RELATION && relation->rd_rules == nullptr &&
                !relation->rd_rel->relrowsecurity && !has_children(relation) &&
                !has_generated_columns(shape);
    if (only && writes) {
        only =
            has_harmless_constraints(shape->constr) && has_harmless_indexes(relation) &&
            has_known_triggers(getExtensionOfObject(RelationRelationId, oid), relation->trigdesc);
    }
    table_close(relation, NoLock);
    return only;
}

}  // namespace pgqrs::pg
