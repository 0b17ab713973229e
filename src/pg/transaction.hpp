// The current transaction: what it may do, what it sees, and locks on things that are not rows.
#pragma once

#include <cstdint>
#include <string_view>
#include <vector>

#include "pg/guard.hpp"

namespace pgqrs::pg {

// The database this backend is connected to.
Oid current_database();

// Raises the error PostgreSQL gives for `command` in a read-only transaction or on a standby.
void require_writable(const char* command);

// Whether the transaction works with one snapshot throughout (REPEATABLE READ, SERIALIZABLE).
bool has_transaction_snapshot();
// Raises 40001: the caller's snapshot is too old for what it asked; it should try again.
[[noreturn]] void raise_serialization_failure();

// Whether this session restores a dump, where rows can come before those they refer to: pg_dump's
// output turns check_function_bodies off for the same reason.
bool is_restoring_dump();

// Locks the pair (relation, name) until the end of the transaction, and takes notice of what other
// transactions committed before. Shared holders do not conflict with each other. It is visible in
// pg_locks as an object lock whose classid is the relation.
enum class LockMode { shared, exclusive };
void lock_name(Oid relation, std::string_view name, LockMode mode);
// The same for the pair (relation, number).
void lock_number(Oid relation, std::int32_t number, LockMode mode);

// Whether the exclusive lock on the pair (relation, number) can be had at once; then it is held.
bool try_lock_number(Oid relation, std::int32_t number);

// A transaction that holds a lock: with the same number until it ends.
using LockHolder = VirtualTransactionId;
// Others that hold the pair (relation, name) in any mode.
std::vector<LockHolder> holders_of_name(Oid relation, std::string_view name);
bool holds_name(const LockHolder& holder, Oid relation, std::string_view name);
// Waits until the transaction has ended, for as long as for a lock.
void wait_for_end_of(const LockHolder& holder);
// The same for a transaction, or subtransaction, that has written something or locked a row.
void wait_for_end_of(TransactionId id);
bool is_running(TransactionId id);

// Whether the extension is in the database. It stays there until the end of the transaction when it is;
// one that somebody is dropping counts as gone. Never waits.
bool hold_extension(const char* name);

// While it lives, whoever waits for a lock gives up after so many milliseconds, or after lock_timeout
// when that is less; is_lock_failure() tells.
class LockPatience {
public:
    explicit LockPatience(int milliseconds);
    ~LockPatience();
    LockPatience(const LockPatience&) = delete;
    LockPatience& operator=(const LockPatience&) = delete;

private:
    const int before_;
};

bool is_background_worker();

// While it lives, statement_timeout counts in a background worker, where nothing else starts it.
class StatementTimeout {
public:
    StatementTimeout();
    ~StatementTimeout();
    StatementTimeout(const StatementTimeout&) = delete;
    StatementTimeout& operator=(const StatementTimeout&) = delete;
};

// The settings lock_timeout, 0 for none, and deadlock_timeout in milliseconds.
int lock_timeout();
int deadlock_timeout();

// Whether the error says that a lock could not be had: in time, or because of a deadlock.
bool is_lock_failure(const Error& error);
// Whether it says that a lock could not be had in time.
bool is_lock_timeout(const Error& error);
// Raises what PostgreSQL raises after lock_timeout.
[[noreturn]] void raise_lock_timeout();

// Whether the error says that the call is to end: it was cancelled, or has taken too long.
bool is_cancel(const Error& error);

// Whether the server is a standby, or replays its log after a crash.
bool is_in_recovery();

}  // namespace pgqrs::pg
