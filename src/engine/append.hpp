// Adding rows to a table without a plan: what COPY does, for a few rows.
#pragma once

#include "engine/marks.hpp"
#include "engine/table.hpp"

namespace pgqrs::engine {

// Where the rows to add come from: puts the values of one row into cells, by place; those it leaves
// alone are null. It runs below a guard: it must not throw, and what it uses must outlive it.
struct RowSource {
    std::size_t rows;
    const void* state;
    void (*put)(const void* state, std::size_t row, pg::Value* cells);
};

// A source from a callable (row, cells), which must outlive the source.
template <class Put>
RowSource row_source(std::size_t rows, const Put& put) {
    return {rows, &put, [](const void* state, std::size_t row, pg::Value* cells) {
                (*static_cast<const Put*>(state))(row, cells);
            }};
}

// Adds rows, which the next command sees. The caller vouches for domains, and for queues that exist.
// Raises 42501 without INSERT, 25006 in a read-only transaction, PQ005 when a trigger suppresses a
// row.
void append_rows(const Table& table, const RowSource& source);

// The same for messages of a claimable table, noted in the journal.
void append_messages(const Table& table, const RowSource& source);

}  // namespace pgqrs::engine
