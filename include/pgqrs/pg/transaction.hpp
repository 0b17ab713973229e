// The current transaction: what it may do, what it sees, and locks on things that are not rows.
#pragma once

#include <string_view>

#include "pgqrs/pg/compat.hpp"

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

}  // namespace pgqrs::pg
