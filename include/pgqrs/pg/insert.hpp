// Inserting rows into one of our tables without an executor plan: what COPY does, for a few rows.
#pragma once

#include <span>

#include "pgqrs/pg/catalog.hpp"
#include "pgqrs/pg/value.hpp"

namespace pgqrs::pg {

// Inserts rows into a table of which is_plain_table() is true. `cells` holds the rows one
// after another, in the order of `columns`; columns not named become null (defaults do not apply).
// Checks the INSERT privilege, NOT NULL, CHECK and unique constraints. It does not check foreign
// keys or domains: the caller vouches for them. The rows are visible to the next command.
void insert_rows(Oid relation, std::span<const Column> columns, std::span<const Value> cells);

}  // namespace pgqrs::pg
