// See catalog.hpp.
#include "pg/catalog.hpp"

#include <algorithm>
#include <cstring>

#include "pg/guard.hpp"

namespace pgqrs::pg {
namespace {

bool has_type(const FormData_pg_attribute& attribute, Oid type) {
    return attribute.atttypid == type ||
           (type == ANYENUMOID ? get_typtype(attribute.atttypid) == TYPTYPE_ENUM
                               : getBaseType(attribute.atttypid) == type);
}

// Whether the table has exactly the columns; their numbers go into `table`.
bool find_columns(TupleDesc shape, std::span<const Column> columns, PlainTable* table) {
    std::size_t matching = 0;
    for (int i = 0; i < shape->natts; ++i) {
        const FormData_pg_attribute& attribute = *TupleDescAttr(shape, i);
        if (attribute.attisdropped) {
            continue;
        }
        const auto same = [&](const Column& column) {
            return std::strcmp(column.name, NameStr(attribute.attname)) == 0;
        };
        const auto column = std::find_if(columns.begin(), columns.end(), same);
        if (column == columns.end() || attribute.attgenerated != '\0' ||
            !has_type(attribute, column->type)) {
            return false;
        }
        table->numbers[column - columns.begin()] = attribute.attnum;
        ++matching;
    }
    return matching == columns.size();
}

void find_key(Relation relation, PlainTable* table) {
    const Oid oid = compat::primary_key_index(relation);
    if (!OidIsValid(oid)) {
        return;
    }
    Relation index = index_open(oid, AccessShareLock);
    const Form_pg_index form = index->rd_index;
    if (form->indisvalid && form->indimmediate && form->indnkeyatts == 1 &&
        index->rd_rel->relam == BTREE_AM_OID && index->rd_opcintype[0] == INT8OID) {
        table->key_index = oid;
        table->key = form->indkey.values[0];
    }
    index_close(index, NoLock);
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

std::optional<PlainTable> examine(Oid oid, std::span<const Column> columns) {
    PlainTable table{};
    table.relation = oid;
    Relation relation = table_open(oid, RowExclusiveLock);
    const TupleDesc shape = RelationGetDescr(relation);
    const bool plain =
        relation->rd_rel->relkind == RELKIND_RELATION && !relation->rd_rel->relrowsecurity &&
        !relation->rd_rel->relhassubclass && relation->rd_rules == nullptr &&
        (shape->constr == nullptr || shape->constr->num_check == 0) &&
        find_columns(shape, columns, &table) && !has_foreign_triggers(relation->trigdesc);
    if (plain) {
        find_key(relation, &table);
    }
    table_close(relation, NoLock);
    return plain ? std::optional(table) : std::nullopt;
}

// What examine() found, until the table changes. More tables than we have.
struct Verdict {
    Oid relation;
    std::optional<PlainTable> table;
};
constinit Verdict verdicts[8]{};
constinit bool watching = false;

// Called by PostgreSQL in the middle of anything; must not raise, throw or allocate.
void forget(Datum, Oid relation) {
    for (Verdict& verdict : verdicts) {
        if (relation == InvalidOid || verdict.relation == relation) {
            verdict.relation = InvalidOid;
        }
    }
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

Oid hold_relation(const char* relation) {
    Oid oid = InvalidOid;
    Oid held = InvalidOid;
    // It can be dropped, and made again, while we wait for the lock.
    while ((oid = relation_oid(relation)) != held) {
        guard([&] {
            if (OidIsValid(held)) {
                UnlockRelationOid(held, RowExclusiveLock);
            }
            LockRelationOid(oid, RowExclusiveLock);
        });
        held = oid;
    }
    return oid;
}

std::optional<PlainTable> plain_table(Oid oid, std::span<const Column> columns) {
    return guard([&]() -> std::optional<PlainTable> {
        if (!watching) {
            CacheRegisterRelcacheCallback(forget, Datum{0});
            watching = true;
        }
        // With the lock, changes of the table have been heard of, and no more can come.
        LockRelationOid(oid, RowExclusiveLock);
        for (const Verdict& verdict : verdicts) {
            if (verdict.relation == oid) {
                return verdict.table;
            }
        }
        const std::optional<PlainTable> table = examine(oid, columns);
        for (Verdict& verdict : verdicts) {
            if (verdict.relation == InvalidOid) {
                verdict = {oid, table};
                break;
            }
        }
        return table;
    });
}

Value enum_value(const char* type, const char* label) {
    return guard([&] {
        const Oid schema = get_namespace_oid(kSchema, false);
        const Oid oid = GetSysCacheOid2(TYPENAMENSP, Anum_pg_type_oid, CStringGetDatum(type),
                                        ObjectIdGetDatum(schema));
        if (!OidIsValid(oid)) {
            ereport(ERROR, (errcode(ERRCODE_UNDEFINED_OBJECT),
                            errmsg("type \"%s.%s\" does not exist", kSchema, type)));
        }
        return of(oid, DirectFunctionCall2(enum_in, CStringGetDatum(label), ObjectIdGetDatum(oid)));
    });
}

void next_values(const char* sequence, std::span<std::int64_t> values) {
    const Oid oid = relation_oid(sequence);
    guard([&] {
        for (std::int64_t& value : values) {
            value = nextval_internal(oid, true);
        }
    });
}

}  // namespace pgqrs::pg
