// See catalog.hpp.
#include "pgqrs/pg/catalog.hpp"

#include "pgqrs/pg/guard.hpp"

namespace pgqrs::pg {
namespace {

constexpr const char* kSchema = "pgqrs";

// What watch_changes() was asked to watch: one watcher is all this library needs.
const Oid* watched_relation = nullptr;
bool* watched_flag = nullptr;

// Called by PostgreSQL in the middle of anything; must not raise, throw or allocate.
void on_change(Datum, Oid relation) {
    if (relation == InvalidOid || relation == *watched_relation) {
        *watched_flag = true;
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

bool is_plain_table(Oid oid) {
    return guard([&] {
        Relation relation = table_open(oid, RowExclusiveLock);
        bool plain = relation->rd_rel->relkind == RELKIND_RELATION &&
                     relation->rd_rules == nullptr &&
                     check_enable_rls(oid, InvalidOid, true) != RLS_ENABLED;
        const TriggerDesc* triggers = relation->trigdesc;
        for (int i = 0; plain && triggers != nullptr && i < triggers->numtriggers; ++i) {
            plain = triggers->triggers[i].tgisinternal;
        }
        table_close(relation, NoLock);
        return plain;
    });
}

std::int64_t next_value(const char* sequence) {
    const Oid oid = relation_oid(sequence);
    return guard([&] { return std::int64_t{nextval_internal(oid, true)}; });
}

void lock_name(Oid relation, std::string_view name, LockMode mode) {
    guard([&] {
        const auto key = hash_bytes(reinterpret_cast<const unsigned char*>(name.data()),
                                    static_cast<int>(name.size()));
        LockDatabaseObject(relation, key, 0,
                           mode == LockMode::shared ? AccessShareLock : AccessExclusiveLock);
    });
}

void require_writable(const char* command) {
    guard([&] { PreventCommandIfReadOnly(command); });
}

bool has_transaction_snapshot() { return IsolationUsesXactSnapshot(); }

void raise_serialization_failure() {
    guard([] {
        ereport(ERROR, (errcode(ERRCODE_T_R_SERIALIZATION_FAILURE),
                        errmsg("could not serialize access due to concurrent update")));
    });
    pg_unreachable();
}

void announce_change(Oid relation) {
    guard([&] { CacheInvalidateRelcacheByRelid(relation); });
}

void accept_announcements() {
    guard([] { AcceptInvalidationMessages(); });
}

void watch_changes(const Oid* relation, bool* flag) {
    watched_relation = relation;
    watched_flag = flag;
    guard([] { CacheRegisterRelcacheCallback(on_change, Datum{0}); });
}

}  // namespace pgqrs::pg
