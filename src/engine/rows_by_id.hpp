// Deleting and changing rows by id without the executor: look each up in the primary key, delete or
// update it. It means the same as
//
//     DELETE ... WHERE id = $1 AND queue_id = $2 AND ($3 IS NULL OR read_ct = $3) RETURNING ...
//
// for each id in turn, in one command: waits for whoever has changed the row, and looks at it again
// as it is then.
#pragma once

#include <cstdint>
#include <optional>
#include <span>

#include "core/scan_floor.hpp"
#include "pg/catalog.hpp"

namespace pgqrs::engine {

struct RowKey {
    std::int64_t id;
    // None: whatever it is.
    std::optional<std::int32_t> read_ct;
};

struct RowsById {
    const pg::PlainTable& table;
    // Those of the table, and the places of some among them.
    std::span<const pg::Column> columns;
    std::size_t id;
    std::size_t queue_id;
    std::size_t read_ct;
    std::size_t priority;
    std::size_t available_at;
    std::size_t vt;
    std::size_t enqueued_at;
    std::size_t delivered_at;

    std::int32_t in_queue;
    // In the order in which the rows are locked. Of an id that comes twice, one is done.
    std::span<const RowKey> keys;
    // Where it is noted that rows are locked, and how the queue's counts change. What else becomes of
    // them the caller notes.
    core::Touched& touched;
};

// Whether the functions below can do the work of the statement: the caller has the privileges for the
// whole table, and its primary key is the id. Otherwise the statement decides.
bool can_remove(const RowsById& rows);
bool can_change(const RowsById& rows);

// What is wanted of the values of removed rows.
enum class Values { fixed_length, all };

// Deletes rows and answers their number. For each, in the order of the keys, `places` gets the place
// of its key, and `cells` a row of the values it had, in the order of the columns; those of variable
// length are null unless wanted. Copies them to the current memory context. Both have room for all.
//
// Raises 25006 in a read-only transaction, 40001 when a REPEATABLE READ or SERIALIZABLE transaction
// meets a row changed since its snapshot.
std::size_t remove_rows(const RowsById& rows, Values wanted, std::size_t* places, pg::Value* cells);

// What to make of a row: changes its values, or answers false, and the row is left alone. It can be
// called again for a newer version of the row. Runs below a guard: must not throw.
struct RowEdit {
    const void* state;
    bool (*edit)(const void* state, pg::Value* cells);
};

template <class Edit>
RowEdit row_edit(const Edit& edit) {
    return {&edit, [](const void* state, pg::Value* cells) {
                return (*static_cast<const Edit*>(state))(cells);
            }};
}

// Updates rows and answers their number; `places` and errors as above. Domains are the caller's
// business.
std::size_t change_rows(const RowsById& rows, const RowEdit& edit, std::size_t* places);

}  // namespace pgqrs::engine
