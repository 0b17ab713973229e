// See transaction.hpp.
#include "pgqrs/pg/transaction.hpp"

#include "pgqrs/pg/guard.hpp"

namespace pgqrs::pg {

Oid current_database() { return MyDatabaseId; }

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

bool is_restoring_dump() { return !check_function_bodies; }

void lock_name(Oid relation, std::string_view name, LockMode mode) {
    guard([&] {
        const auto key = hash_bytes(reinterpret_cast<const unsigned char*>(name.data()),
                                    static_cast<int>(name.size()));
        LockDatabaseObject(relation, key, 0,
                           mode == LockMode::shared ? AccessShareLock : AccessExclusiveLock);
    });
}

}  // namespace pgqrs::pg
