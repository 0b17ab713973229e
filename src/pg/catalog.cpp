// See catalog.hpp.
#include "pgqrs/pg/catalog.hpp"

#include "pgqrs/pg/guard.hpp"

namespace pgqrs::pg {
namespace {

constexpr const char* kSchema = "pgqrs";

bool has_columns(TupleDesc shape, std::size_t count) {
    std::size_t live = 0;
    for (int i = 0; i < shape->natts; ++i) {
        live += TupleDescAttr(shape, i)->attisdropped ? 0 : 1;
    }
    return live == count;
}

// Those of foreign keys and deferred constraints count, too.
bool has_foreign_triggers(const TriggerDesc* triggers) {
    if (triggers == nullptr) {
        return false;
    }
    const Oid schema = get_namespace_oid(kSchema, false);
    for (int i = 0; i < triggers->numtriggers; ++i) {
        if (get_func_namespace(triggers->triggers[i].tgfoid) != schema) {
            return true;
        }
    }
    return false;
}

}  // namespace

Oid relation_oid(const char* relation) {
    return guard([&] {
        const Oid oid = get_relname_relid(relation, get_namespace_oid(kSchema, false));
        if (!OidIsValid(oid)) {
            ereport(ERROR, (errcode(ERRCODE_UNDEFINED_TABLE),
                            errmsg("relation \"%s.%s\" does not exist", kSchema, relation)));
        }
        return oid;
    });
}

bool is_plain_table(Oid oid, std::size_t columns) {
    return guard([&] {
        Relation relation = table_open(oid, RowExclusiveLock);
        const TupleDesc shape = RelationGetDescr(relation);
        const TupleConstr* constraints = shape->constr;
        const bool plain = relation->rd_rel->relkind == RELKIND_RELATION &&
                           has_columns(shape, columns) &&
                           (constraints == nullptr ||
                            (constraints->num_check == 0 && !constraints->has_generated_stored)) &&
                           relation->rd_rules == nullptr && !relation->rd_rel->relhassubclass &&
                           !has_foreign_triggers(relation->trigdesc) &&
                           check_enable_rls(oid, InvalidOid, true) != RLS_ENABLED;
        table_close(relation, NoLock);
        return plain;
    });
}

std::int64_t next_value(const char* sequence) {
    const Oid oid = relation_oid(sequence);
    return guard([&] { return std::int64_t{nextval_internal(oid, true)}; });
}

}  // namespace pgqrs::pg
