// Looking up our own relations by name. Nothing remembers an OID across statements: DROP and CREATE
// EXTENSION give new ones.
#pragma once

#include <cstdint>
#include <span>

#include "pgqrs/pg/compat.hpp"

namespace pgqrs::pg {

inline constexpr const char* kSchema = "pgqrs";

// The OID of pgqrs.<relation>; raises undefined_table when the extension is not there.
Oid relation_oid(const char* relation);

// A column as our code expects it: its type, or the type its domain is over; ANYENUMOID for an enum.
struct Column {
    const char* name;
    Oid type;
};

// Whether rows may be written without the executor and it still means the same: a table of just
// these columns, without rules, row-level security, CHECK and foreign key constraints, generated
// columns, children, and without triggers other than the extension's own. Remembered until the
// table changes.
bool is_plain_table(Oid relation, std::span<const Column> columns);

// The next value of the sequence pgqrs.<sequence>; the caller needs USAGE on it.
std::int64_t next_value(const char* sequence);

}  // namespace pgqrs::pg
