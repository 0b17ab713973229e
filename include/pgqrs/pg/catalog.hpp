// Looking up our own relations by name, locking things that are not rows, and hearing of changes.
// Nothing here remembers an OID across statements: DROP and CREATE EXTENSION give new ones.
#pragma once

#include <string_view>

#include "pgqrs/pg/compat.hpp"

namespace pgqrs::pg {

// The OID of pgqrs.<relation>; raises undefined_table when the extension is not there.
Oid relation_oid(const char* relation);

// Whether rows may be written without the executor and it still means the same for the current user:
// a plain table without rules, without row-level security and without triggers users put on it.
bool is_plain_table(Oid relation);

// The next value of the sequence pgqrs.<sequence>; the caller needs USAGE on it.
std::int64_t next_value(const char* sequence);

// Locks the pair (relation, name) until the end of the transaction, and takes notice of what other
// transactions committed before. Shared holders do not conflict with each other. It is visible in
// pg_locks as an object lock whose classid is the relation.
enum class LockMode { shared, exclusive };
void lock_name(Oid relation, std::string_view name, LockMode mode);

// Raises the error PostgreSQL gives for `command` in a read-only transaction or on a standby.
void require_writable(const char* command);

// Whether the transaction works with one snapshot throughout (REPEATABLE READ, SERIALIZABLE).
bool has_transaction_snapshot();
// Raises 40001: the caller's snapshot is too old for what it asked; it should try again.
[[noreturn]] void raise_serialization_failure();

// Tells every backend, at commit, that cached copies of the relation's rows are stale.
void announce_change(Oid relation);
// Takes notice of such announcements now.
void accept_announcements();
// Has `flag` set to true whenever a change of `*relation` (or of everything) is announced.
void watch_changes(const Oid* relation, bool* flag);

}  // namespace pgqrs::pg
