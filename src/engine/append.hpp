// Inserting rows into one of our tables without an executor plan: what COPY does, for a few rows.
#pragma once

#include <span>

#include "pg/catalog.hpp"
#include "pg/value.hpp"

namespace pgqrs::engine {

// Where the rows to insert come from: puts the values of one row into cells, in the order of the
// table's columns. Called below a guard: it must not throw, and what it uses must outlive it.
struct RowSource {
    std::size_t rows;
    std::size_t columns;
    const void* state;
    void (*put)(const void* state, std::size_t row, pg::Value* cells);
};

// A source from a callable (row, cells), which must outlive the source.
template <class Put>
RowSource row_source(std::size_t rows, std::size_t columns, const Put& put) {
    return {rows, columns, &put, [](const void* state, std::size_t row, pg::Value* cells) {
                (*static_cast<const Put*>(state))(row, cells);
            }};
}

// Inserts rows; columns the source does not know become null (defaults do not apply). Checks the
// INSERT privilege, NOT NULL, CHECK and unique constraints. It does not check foreign keys or
// domains: the caller vouches for them. The rows are visible to the next command.
void insert_rows(const pg::PlainTable& table, const RowSource& source);

}  // namespace pgqrs::engine
