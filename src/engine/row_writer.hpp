// Writing single rows of a table without a plan, with the same outcome as a statement.
//
// On a plain table a row and its index entries are written, and nothing else. On a table that
// somebody has changed, the writer does what COPY does: it fires triggers (of the statement and of
// rows, with transition tables), fills columns by their defaults, computes generated columns, checks
// constraints, and leaves foreign keys to their triggers. The triggers of pgqrs that note changes in
// the journal do not fire: the caller of the writer notes what it writes.
//
// A writer is plain data and lives below a guard: begin_writing(), any number of rows, end_writing().
// All of these raise.
#pragma once

#include "engine/table.hpp"

namespace pgqrs::engine {

struct DefaultColumns;

struct RowWriter {
    const Table* table;
    Relation relation;
    CmdType type;
    Snapshot snapshot;
    CommandId command;
    // Made when there is need.
    EState* estate;
    ResultRelInfo* target;
    // Of a table that is not plain.
    EPQState* recheck;
    TransitionCaptureState* transition;
    DefaultColumns* defaults;
};

// Opens the table for INSERT, UPDATE or DELETE of rows that the active snapshot sees. `written` are
// the columns that an UPDATE changes. Raises 42501 without the privilege (INSERT on all columns of the
// spec, UPDATE on those written), 25006 in a read-only transaction, 55000 when the table is published
// and has no replica identity, 0A000 for what require_direct_access() says.
RowWriter begin_writing(const Table& table, CmdType type, Places written);

// Fires the triggers of the statement that come last, and closes the table.
void end_writing(RowWriter& writer);

// What became of a write.
enum class Written {
    done,
    suppressed,   // by a BEFORE trigger
    outdated,     // another transaction has changed the row since the snapshot
    gone,         // another transaction has deleted it
    own_command,  // this command has changed it before
};

// Inserts rows, several at a time where that is possible. With a trigger that suppresses a row, the
// answer is false, and the rows after it are not inserted. The slots hold the rows as they were
// written.
bool insert_rows(RowWriter& writer, TupleTableSlot** rows, int count, BulkInsertState bulk);

// Whether a row must be locked before it is written: a trigger must not see an outdated version.
bool must_lock_first(const RowWriter& writer);

// Writes `row` in the place of the version at `place`; afterwards the slot holds what was written.
Written update_row(RowWriter& writer, ItemPointer place, TupleTableSlot* row);
Written delete_row(RowWriter& writer, ItemPointer place);

// A new row of values by place; columns of others are null.
void fill_row(TupleTableSlot* row, const Table& table, const pg::Value* cells);

// A copy of a row, whose values still belong to the original; and a change of one value in it.
void copy_row(TupleTableSlot* to, TupleTableSlot* from);
void set_value(TupleTableSlot* row, const Table& table, std::size_t place, const pg::Value& value);

}  // namespace pgqrs::engine
