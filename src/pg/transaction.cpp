#include "pg/transaction.hpp"

#include <algorithm>

namespace pgqrs::pg {
namespace {

LOCKMODE lock_mode(LockMode mode) {
    return mode == LockMode::shared ? AccessShareLock : AccessExclusiveLock;
}

uint32 hash_of(std::string_view name) {
    return hash_bytes(reinterpret_cast<const unsigned char*>(name.data()),
                      static_cast<int>(name.size()));
}

bool has_code(const Error& error, int code) {
    return error.data() != nullptr && error.data()->sqlerrcode == code;
}

}  // namespace

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
    guard([&] { LockDatabaseObject(relation, hash_of(name), 0, lock_mode(mode)); });
}

void lock_number(Oid relation, std::int32_t number, LockMode mode) {
    guard([&] { LockDatabaseObject(relation, static_cast<Oid>(number), 0, lock_mode(mode)); });
}

bool try_lock_number(Oid relation, std::int32_t number) {
    return guard([&] {
        LOCKTAG tag;
        SET_LOCKTAG_OBJECT(tag, MyDatabaseId, relation, static_cast<Oid>(number), 0);
        return LockAcquire(&tag, AccessExclusiveLock, false, true) != LOCKACQUIRE_NOT_AVAIL;
    });
}

std::vector<LockHolder> holders_of_name(Oid relation, std::string_view name) {
    int count = 0;
    const LockHolder* found = guard([&] {
        LOCKTAG tag;
        SET_LOCKTAG_OBJECT(tag, MyDatabaseId, relation, hash_of(name), 0);
        return GetLockConflicts(&tag, AccessExclusiveLock, &count);
    });
    return {found, found + count};
}

bool holds_name(const LockHolder& holder, Oid relation, std::string_view name) {
    const std::vector<LockHolder> holders = holders_of_name(relation, name);
    return std::any_of(holders.begin(), holders.end(), [&](const LockHolder& each) {
        return VirtualTransactionIdEquals(each, holder);
    });
}

void wait_for_end_of(const LockHolder& holder) {
    guard([&] { VirtualXactLock(holder, true); });
}

void wait_for_end_of(TransactionId id) {
    guard([&] { XactLockTableWait(id, nullptr, nullptr, XLTW_None); });
}

bool is_running(TransactionId id) {
    return guard([&] { return TransactionIdIsInProgress(id); });
}

bool hold_extension(const char* name) {
    return guard([&] {
        const Oid extension = get_extension_oid(name, true);
        if (!OidIsValid(extension)) {
            return false;
        }
        LOCKTAG tag;
        SET_LOCKTAG_OBJECT(tag, MyDatabaseId, ExtensionRelationId, extension, 0);
        if (LockAcquire(&tag, AccessShareLock, false, true) == LOCKACQUIRE_NOT_AVAIL) {
            return false;
        }
        AcceptInvalidationMessages();
        return get_extension_oid(name, true) == extension;
    });
}

// As PlanningScope does, to the variable behind the setting: nothing of the user's runs meanwhile.
LockPatience::LockPatience(int milliseconds) : before_(LockTimeout) {
    LockTimeout = before_ == 0 ? milliseconds : std::min(before_, milliseconds);
}

LockPatience::~LockPatience() { LockTimeout = before_; }

int lock_timeout() { return LockTimeout; }

int deadlock_timeout() { return DeadlockTimeout; }

bool is_lock_failure(const Error& error) {
    return is_lock_timeout(error) || has_code(error, ERRCODE_T_R_DEADLOCK_DETECTED);
}

bool is_lock_timeout(const Error& error) { return has_code(error, ERRCODE_LOCK_NOT_AVAILABLE); }

void raise_lock_timeout() {
    guard([] {
        ereport(ERROR, (errcode(ERRCODE_LOCK_NOT_AVAILABLE),
                        errmsg("canceling statement due to lock timeout")));
    });
    pg_unreachable();
}

bool is_background_worker() { return MyBackendType == B_BG_WORKER; }

StatementTimeout::StatementTimeout() {
    if (is_background_worker() && ::StatementTimeout > 0) {
        guard([] { enable_timeout_after(STATEMENT_TIMEOUT, ::StatementTimeout); });
    }
}

// Nothing of it can raise.
StatementTimeout::~StatementTimeout() {
    if (is_background_worker()) {
        disable_timeout(STATEMENT_TIMEOUT, false);
    }
}

bool is_cancel(const Error& error) { return has_code(error, ERRCODE_QUERY_CANCELED); }

bool is_in_recovery() {
    return guard([] { return RecoveryInProgress(); });
}

}  // namespace pgqrs::pg
