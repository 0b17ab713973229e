#include "pg/catalog.hpp"

#include "pg/guard.hpp"

namespace pgqrs::pg {
Oid relation_oid(const char* schema, const char* relation) {
    return guard([&] {
        const Oid oid = get_relname_relid(relation, get_namespace_oid(schema, false));
        if (!OidIsValid(oid)) {
            ereport(ERROR, (errcode(ERRCODE_UNDEFINED_TABLE),
                            errmsg("relation \"%s.%s\" does not exist", schema, relation)));
        }
        return oid;
    });
}

Value enum_value(const char* schema, const char* type, const char* label) {
    return guard([&] {
        const Oid oid = GetSysCacheOid2(TYPENAMENSP, Anum_pg_type_oid, CStringGetDatum(type),
                                        ObjectIdGetDatum(get_namespace_oid(schema, false)));
        if (!OidIsValid(oid)) {
            ereport(ERROR, (errcode(ERRCODE_UNDEFINED_OBJECT),
                            errmsg("type \"%s.%s\" does not exist", schema, type)));
        }
        return of(oid, DirectFunctionCall2(enum_in, CStringGetDatum(label), ObjectIdGetDatum(oid)));
    });
}

}  // namespace pgqrs::pg
