// Looking up our own relations by name. Nothing remembers an OID across statements: DROP and CREATE
// EXTENSION give new ones.
#pragma once

#include <cstdint>
#include <optional>
#include <span>

#include "pg/value.hpp"

namespace pgqrs::pg {

inline constexpr const char* kSchema = "pgqrs";

// The OID of pgqrs.<relation>; raises undefined_table when the extension is not there.
Oid relation_oid(const char* relation);

// The same of a table, locked for writing rows (ROW EXCLUSIVE) until the end of the transaction:
// nobody has dropped it when this returns.
Oid hold_relation(const char* relation);

// A column as our code expects it: its type, or the type its domain is over; ANYENUMOID for an enum.
struct Column {
    const char* name;
    Oid type;
};

// A table whose rows may be written without the executor and it still means the same: a table of just
// the columns it was asked for with, without rules, row-level security, CHECK and foreign key
// constraints, generated columns, children, and without triggers other than the extension's own.
struct PlainTable {
    Oid relation;
    // The B-tree of the primary key when that is one bigint column, and the column; else 0.
    Oid key_index;
    AttrNumber key;
    // By place in the list of columns: the column's number in the table.
    AttrNumber numbers[kMaxValues];
};

// Nothing when the table is not plain. Locks it as writers do, until the end of the transaction. The
// answer is remembered until the table changes, so a table is always asked for with one list.
std::optional<PlainTable> plain_table(Oid relation, std::span<const Column> columns);

// A value of the enum pgqrs.<type>.
Value enum_value(const char* type, const char* label);

// Takes the next values of the sequence pgqrs.<sequence>, one for each element of `values`; the
// caller needs USAGE on it.
void next_values(const char* sequence, std::span<std::int64_t> values);

}  // namespace pgqrs::pg
