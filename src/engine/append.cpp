#include "engine/append.hpp"

#include <algorithm>

#include "core/error.hpp"
#include "engine/clock.hpp"
#include "engine/journal.hpp"
#include "engine/row_writer.hpp"
#include "pg/guard.hpp"

namespace pgqrs::engine {
namespace {

constexpr std::size_t kRowsPerWrite = 256;

// Keeps the page that is being filled at hand. Not the ring of buffers that COPY confines itself to:
// what is enqueued will soon be read.
BulkInsertState begin_bulk() {
    BulkInsertState bulk = GetBulkInsertState();
    FreeAccessStrategy(bulk->strategy);
    bulk->strategy = nullptr;
    return bulk;
}

void put_row(const RowSource& source, std::size_t row, const Table& table, TupleTableSlot* slot) {
    pg::Value cells[kMaxColumns];
    for (std::size_t place = 0; place < table.spec->columns.size(); ++place) {
        cells[place] = pg::null_of(table.spec->columns[place].type);
    }
    source.put(source.state, row, cells);
    fill_row(slot, table, cells);
}

// Notes messages as they were written. A trigger can have given one to another queue.
class Notes {
public:
    Notes(const Table& table, core::Instant now) : table_(table), now_(now) {}

    void add(TupleTableSlot* row) {
        const core::Message message = read_message(row, table_);
        if (effects_ == nullptr || message.queue_id != queue_id_) {
            queue_id_ = message.queue_id;
            effects_ = &effects_on(marks_of(table_.relation, queue_id_));
        }
        effects_->added(message, now_);
    }

private:
    const Table& table_;
    const core::Instant now_;
    std::int32_t queue_id_ = 0;
    core::Effects* effects_ = nullptr;
};

// Writes all rows, and notes each when it is written. False when a trigger suppresses one.
bool write(const Table& table, const RowSource& source, bool are_messages) {
    return pg::guard([&] {
        // So that the calling statement takes the rows for the work of another command.
        CommandCounterIncrement();
        Notes notes(table, clock_now());
        RowWriter writer = begin_writing(table, CMD_INSERT, 0);
        BulkInsertState bulk = source.rows > 1 ? begin_bulk() : nullptr;
        const std::size_t width = std::min(source.rows, kRowsPerWrite);
        auto** slots = static_cast<TupleTableSlot**>(palloc(width * sizeof(TupleTableSlot*)));
        for (std::size_t i = 0; i < width; ++i) {
            slots[i] = table_slot_create(writer.relation, nullptr);
        }
        bool written = true;
        for (std::size_t first = 0; written && first < source.rows; first += width) {
            const std::size_t count = std::min(width, source.rows - first);
            for (std::size_t i = 0; i < count; ++i) {
                put_row(source, first + i, table, slots[i]);
            }
            written = insert_rows(writer, slots, static_cast<int>(count), bulk);
            for (std::size_t i = 0; written && are_messages && i < count; ++i) {
                notes.add(slots[i]);
            }
        }
        for (std::size_t i = 0; i < width; ++i) {
            ExecDropSingleTupleTableSlot(slots[i]);
        }
        if (bulk != nullptr) {
            FreeBulkInsertState(bulk);
        }
        if (written) {
            end_writing(writer);
            CommandCounterIncrement();
        }
        return written;
    });
}

void append(const Table& table, const RowSource& source, bool are_messages) {
    if (!write(table, source, are_messages)) {
        throw core::Error(core::SqlState::payload_rejected,
                          "a trigger on " + std::string(table.spec->schema) + "." +
                              table.spec->name + " suppressed the row");
    }
}

}  // namespace

void append_rows(const Table& table, const RowSource& source) { append(table, source, false); }

void append_messages(const Table& table, const RowSource& source) { append(table, source, true); }

}  // namespace pgqrs::engine
