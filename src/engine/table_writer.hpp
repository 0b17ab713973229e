// Adding rows to one of our tables: directly, as COPY does, when that means the same as an SQL
// INSERT, and by an INSERT when somebody put triggers, rules or row-level security on the table.
#pragma once

#include <span>

#include "engine/append.hpp"

namespace pgqrs::engine {

struct TableColumns {
    const char* relation;                 // in the schema pgqrs
    std::span<const pg::Column> columns;  // all it has
};

// Adds rows, whose values come in the order of the columns. The caller has checked foreign keys and
// domains. Runs inside with_spi() or outside. Raises payload_rejected when a trigger suppresses a row.
//
// Answers whether it was done directly: then no trigger has seen the rows, those of pgqrs neither, and
// the caller notes how they count.
bool insert_rows(const TableColumns& table, const RowSource& source);

// The same for rows that lie one after another.
bool insert_rows(const TableColumns& table, std::span<const pg::Value> cells);

}  // namespace pgqrs::engine
