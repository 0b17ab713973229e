// Deleting and changing messages by id. It means the same as
//
//     DELETE ... WHERE id = $1 AND queue_id = $2 AND ($3 IS NULL OR read_ct = $3) RETURNING ...
//
// for each id in turn, in one command: it waits for the transaction that has changed the row, and
// looks at the row again as it is then.
#pragma once

#include <cstdint>
#include <optional>
#include <span>
#include <vector>

#include "core/message.hpp"
#include "engine/marks.hpp"
#include "engine/table.hpp"

namespace pgqrs::engine {

struct RowKey {
    std::int64_t id;
    // None: whatever it is.
    std::optional<std::int32_t> read_ct;
};

// Rows of one queue, in the order in which they are locked. Of an id that comes twice, one is done.
struct RowsById {
    const Table& table;
    QueueMarks& marks;
    std::span<const RowKey> keys;
    // Whether a row that somebody else has locked is left alone, instead of waited for.
    bool skip_locked = false;
};

// What to make of a row: changes its values, by place, or answers false, and the row is left alone.
// It can be called again for a newer version of the row. It runs below a guard and must not throw.
struct RowEdit {
    // The columns it changes.
    Places written;
    const void* state;
    bool (*edit)(const void* state, const core::Message& row, pg::Value* cells);
    // The queue that its rows go to; null for that of the rows.
    QueueMarks* target = nullptr;
};

template <class Edit>
RowEdit row_edit(Places written, const Edit& edit, QueueMarks* target = nullptr) {
    return {written, &edit,
            [](const void* state, const core::Message& row, pg::Value* cells) {
                return (*static_cast<const Edit*>(state))(row, cells);
            },
            target};
}

// Accepts every row as it is.
inline constexpr RowEdit kAnyRow{
    0, nullptr, [](const void*, const core::Message&, pg::Value*) { return true; }};

// Messages that were removed, as they were. Values point into the memory that was current.
class RemovedRows {
public:
    RemovedRows(std::size_t columns, std::size_t rows)
        : columns_(columns), places_(rows), messages_(rows), cells_(rows * columns) {}

    std::size_t count() const { return places_.size(); }
    // Which of the keys they had.
    std::span<const std::size_t> places() const { return places_; }
    const core::Message& message(std::size_t row) const { return messages_[row]; }
    const pg::Value& at(std::size_t row, std::size_t column) const {
        return cells_[row * columns_ + column];
    }

private:
    friend RemovedRows remove_rows(const RowsById& rows, bool keep_all, const RowEdit& accept);
    std::size_t columns_;
    std::vector<std::size_t> places_;
    std::vector<core::Message> messages_;
    std::vector<pg::Value> cells_;
};

// Both raise 42501 without SELECT and DELETE, or UPDATE; 25006 in a read-only transaction; 55000 when
// the table has no unique index on its ids; and 40001 in a REPEATABLE READ or SERIALIZABLE transaction
// whose snapshot shows an older version of a row, or does not show a row that is there now.

// Deletes the rows that are accepted. Unless keep_all, values of variable length come out null.
RemovedRows remove_rows(const RowsById& rows, bool keep_all, const RowEdit& accept = kAnyRow);

// Updates rows and answers which of the keys they had.
std::vector<std::size_t> change_rows(const RowsById& rows, const RowEdit& edit);

}  // namespace pgqrs::engine
