#include "engine/change.hpp"

#include <algorithm>

#include "engine/access.hpp"
#include "engine/clock.hpp"
#include "engine/journal.hpp"
#include "engine/row_writer.hpp"
#include "pg/guard.hpp"

namespace pgqrs::engine {
namespace {

using Place = MessageColumn;

constexpr Places kFound = places(Place::id, Place::queue_id, Place::read_ct);

// Looking rows up in the index of ids, in the order of the keys.
struct Finder {
    IndexScanDesc scan;
    // Whether one scan passes all keys, instead of one look-up for each; and where it is.
    bool dense;
    enum { before, at_row, after } state;
    std::int64_t id;
    TupleTableSlot* found;
};

// Everything one call works with. Plain data: it lives below a guard.
struct Work {
    const RowsById* rows;
    const Table* table;
    core::Effects* effects;
    core::Instant now;
    Relation index;
    Snapshot snapshot;
    RowWriter writer;
    LockTupleMode lock;
    Finder finder;
    TupleTableSlot* newest;
    TupleTableSlot* changed;
    // The row at hand: how it is, and how an edit makes it.
    core::Message message;
    pg::Value* cells;
};

// Whether few other ids lie between the keys, as when they come from one delivery: stepping over one
// costs less than descending the index once more. Not where looking at a row leaves a trace.
bool are_dense(std::span<const RowKey> keys) {
    const auto before = [](const RowKey& a, const RowKey& b) { return a.id < b.id; };
    return keys.size() > 1 && std::is_sorted(keys.begin(), keys.end(), before) &&
           static_cast<std::uint64_t>(keys.back().id) - static_cast<std::uint64_t>(keys[0].id) <
               2 * keys.size() &&
           !IsolationIsSerializable();
}

Finder begin_finding(const Work& work, Snapshot snapshot, bool dense) {
    Finder finder{};
    const auto keys = work.rows->keys;
    finder.dense = dense;
    finder.found = table_slot_create(work.writer.relation, nullptr);
    finder.scan = pg::compat::begin_index_scan(work.writer.relation, work.index, snapshot,
                                               finder.dense ? 2 : 1);
    if (finder.dense) {
        ScanKeyData range[2];
        ScanKeyInit(&range[0], 1, BTGreaterEqualStrategyNumber, F_INT8GE,
                    Int64GetDatum(keys[0].id));
        ScanKeyInit(&range[1], 1, BTLessEqualStrategyNumber, F_INT8LE,
                    Int64GetDatum(keys.back().id));
        index_rescan(finder.scan, range, 2, nullptr, 0);
    }
    return finder;
}

void end_finding(Finder& finder) {
    index_endscan(finder.scan);
    ExecDropSingleTupleTableSlot(finder.found);
}

void step(Finder& finder, const Table& table) {
    if (index_getnext_slot(finder.scan, ForwardScanDirection, finder.found)) {
        finder.state = Finder::at_row;
        finder.id = DatumGetInt64(value_at(finder.found, table, Place::id).datum);
    } else {
        finder.state = Finder::after;
    }
}

// Puts the row that the snapshot sees into finder.found; false for none.
bool find(const RowKey& key, Finder& finder, const Table& table) {
    if (!finder.dense) {
        ScanKeyData is;
        ScanKeyInit(&is, 1, BTEqualStrategyNumber, F_INT8EQ, Int64GetDatum(key.id));
        index_rescan(finder.scan, &is, 1, nullptr, 0);
        return index_getnext_slot(finder.scan, ForwardScanDirection, finder.found);
    }
    while (finder.state == Finder::before ||
           (finder.state == Finder::at_row && finder.id < key.id)) {
        step(finder, table);
    }
    return finder.state == Finder::at_row && finder.id == key.id;
}

Work begin(const RowsById& rows, core::Effects& effects, CmdType type, Places read,
           Places written) {
    Work work{};
    require_key_index(rows.table);
    require_privileges(rows.table, ACL_SELECT, read);
    // As SPI: what the calling statement did before is seen, and it will see what we do as the work
    // of another command.
    CommandCounterIncrement();
    PushActiveSnapshot(GetTransactionSnapshot());
    work.rows = &rows;
    work.table = &rows.table;
    work.effects = &effects;
    work.now = clock_now();
    work.snapshot = GetActiveSnapshot();
    work.writer = begin_writing(rows.table, type, written);
    work.index = index_open(rows.table.key_index, RowExclusiveLock);
    work.lock = type == CMD_DELETE ? LockTupleExclusive : LockTupleNoKeyExclusive;
    work.newest = table_slot_create(work.writer.relation, nullptr);
    work.changed = MakeSingleTupleTableSlot(RelationGetDescr(work.writer.relation), &TTSOpsVirtual);
    work.finder = begin_finding(work, work.snapshot, are_dense(rows.keys));
    return work;
}

void end(Work& work) {
    end_finding(work.finder);
    ExecDropSingleTupleTableSlot(work.changed);
    ExecDropSingleTupleTableSlot(work.newest);
    index_close(work.index, NoLock);
    end_writing(work.writer);
    PopActiveSnapshot();
    CommandCounterIncrement();
}

bool is_wanted(const core::Message& message, const RowKey& key, const Work& work) {
    return message.id == key.id && message.queue_id == work.rows->marks.key.queue &&
           (!key.read_ct || message.read_ct == *key.read_ct);
}

void refuse_old_snapshot(const char* change) {
    if (IsolationUsesXactSnapshot()) {
        ereport(ERROR, (errcode(ERRCODE_T_R_SERIALIZATION_FAILURE),
                        errmsg("could not serialize access due to concurrent %s", change)));
    }
}

// Waits for the transaction that has changed the row, and locks the row's newest version into
// work.newest. False when the row is gone.
bool lock_newest(TupleTableSlot* seen, Work& work) {
    TM_FailureData failure;
    ItemPointerData place = seen->tts_tid;
    const TM_Result result = table_tuple_lock(
        work.writer.relation, &place, work.snapshot, work.newest, work.writer.command, work.lock,
        work.rows->skip_locked ? LockWaitSkip : LockWaitBlock,
        IsolationUsesXactSnapshot() ? 0 : TUPLE_LOCK_FLAG_FIND_LAST_VERSION, &failure);
    if (result == TM_Ok) {
        return true;
    }
    if (result == TM_WouldBlock) {
        return false;
    }
    if (result == TM_Updated || result == TM_Deleted) {
        refuse_old_snapshot(result == TM_Updated ? "update" : "delete");
    } else if (result != TM_SelfModified || failure.cmax != work.writer.command) {
        elog(ERROR, "unexpected table_tuple_lock status: %d", static_cast<int>(result));
    }
    return false;
}

// Writes the found row, or its newest version when somebody has changed it since the snapshot.
// accept(row) says whether the version is to be written, write(row) does it. Answers the version that
// was written; null for none.
template <class Accept, class Write>
TupleTableSlot* write_row(const RowKey& key, Work& work, Accept accept, Write write) {
    TupleTableSlot* row = work.finder.found;
    bool locked = false;
    for (;;) {
        work.message = read_message(row, *work.table);
        if (!is_wanted(work.message, key, work) || !accept(row)) {
            if (locked) {
                work.effects->held(work.message, work.now);
            }
            return nullptr;
        }
        work.effects->locked(work.message);
        bool outdated = (must_lock_first(work.writer) || work.rows->skip_locked) && !locked;
        if (!outdated) {
            switch (write(row)) {
                case Written::done:
                    return row;
                case Written::suppressed:
                    work.effects->held(work.message, work.now);
                    return nullptr;
                case Written::gone:
                    refuse_old_snapshot("delete");
                    return nullptr;
                case Written::own_command:
                    return nullptr;
                case Written::outdated:
                    refuse_old_snapshot("update");
                    outdated = true;
            }
        }
        if (!lock_newest(row, work)) {
            return nullptr;
        }
        locked = true;
        row = work.newest;
        // An error can come before it is written, or found to stay as it is.
        work.effects->locked(read_message(row, *work.table));
    }
}

// A snapshot that is too old to show a message must not look like a lost lease: raises 40001 when one
// of the keys that were not done fits a row now and fits none of the snapshot.
void refuse_unseen(const std::vector<bool>& done, Work& work) {
    if (!IsolationUsesXactSnapshot()) {
        return;
    }
    const auto keys = work.rows->keys;
    Snapshot latest = RegisterSnapshot(GetLatestSnapshot());
    Finder now = begin_finding(work, latest, false);
    Finder then = begin_finding(work, work.snapshot, false);
    const auto fits = [&](const RowKey& key, Finder& finder) {
        return find(key, finder, *work.table) &&
               is_wanted(read_message(finder.found, *work.table), key, work);
    };
    for (std::size_t i = 0; i < keys.size(); ++i) {
        if (!done[i] && fits(keys[i], now) && !fits(keys[i], then)) {
            refuse_old_snapshot("update");
        }
    }
    end_finding(then);
    end_finding(now);
    UnregisterSnapshot(latest);
}

// Calls finished(place, row) for each row that was written. `done` has room for all keys.
template <class Accept, class Write, class Finished>
void write_rows(Work& work, std::vector<bool>& done, Accept accept, Write write,
                Finished finished) {
    const auto keys = work.rows->keys;
    for (std::size_t place = 0; place < keys.size(); ++place) {
        CHECK_FOR_INTERRUPTS();
        TupleTableSlot* row = find(keys[place], work.finder, *work.table)
                                  ? write_row(keys[place], work, accept, write)
                                  : nullptr;
        if (row != nullptr) {
            done[place] = true;
            finished(place, row);
        }
    }
    refuse_unseen(done, work);
}

// The row's values, copied as far as they are wanted.
void copy_values(TupleTableSlot* row, bool keep_all, const Work& work, pg::Value* cells) {
    for (std::size_t i = 0; i < work.table->spec->columns.size(); ++i) {
        cells[i] = pg::null_of(work.table->spec->columns[i].type);
        if (!work.table->has(i)) {
            continue;
        }
        const Form_pg_attribute attribute =
            TupleDescAttr(row->tts_tupleDescriptor, work.table->numbers[i] - 1);
        if (attribute->attbyval || keep_all) {
            cells[i] = value_at(row, *work.table, i);
        }
        if (!cells[i].null) {
            cells[i].datum = datumCopy(cells[i].datum, attribute->attbyval, attribute->attlen);
        }
    }
}

void read_values(TupleTableSlot* row, const Work& work) {
    for (std::size_t i = 0; i < work.table->spec->columns.size(); ++i) {
        work.cells[i] = value_at(row, *work.table, i);
    }
}

// Leaves what the edit makes of the row in work.cells.
bool accepts(const RowEdit& edit, TupleTableSlot* row, Work& work) {
    if (edit.state == nullptr) {
        return true;
    }
    read_values(row, work);
    return edit.edit(edit.state, work.message, work.cells);
}

void put_values(TupleTableSlot* row, const Work& work, Places written) {
    copy_row(work.changed, row);
    for (std::size_t i = 0; i < work.table->spec->columns.size(); ++i) {
        if ((written & places(i)) != 0) {
            set_value(work.changed, *work.table, i, work.cells[i]);
        }
    }
}

}  // namespace

RemovedRows remove_rows(const RowsById& rows, bool keep_all, const RowEdit& accept) {
    const std::size_t columns = rows.table.spec->columns.size();
    RemovedRows removed(columns, rows.keys.size());
    std::vector<bool> done(rows.keys.size());
    core::Effects& effects = effects_on(rows.marks);
    const std::size_t count = pg::guard([&] {
        Work work = begin(rows, effects, CMD_DELETE, keep_all ? all_places(columns) : kFound, 0);
        pg::Value cells[kMaxColumns];
        work.cells = cells;
        std::size_t so_far = 0;
        write_rows(
            work, done, [&](TupleTableSlot* row) { return accepts(accept, row, work); },
            [&](TupleTableSlot* row) { return delete_row(work.writer, &row->tts_tid); },
            [&](std::size_t place, TupleTableSlot* row) {
                effects.removed(work.message);
                copy_values(row, keep_all, work, &removed.cells_[so_far * columns]);
                removed.messages_[so_far] = work.message;
                removed.places_[so_far++] = place;
            });
        end(work);
        return so_far;
    });
    removed.places_.resize(count);
    return removed;
}

std::vector<std::size_t> change_rows(const RowsById& rows, const RowEdit& edit) {
    std::vector<std::size_t> changed(rows.keys.size());
    std::vector<bool> done(rows.keys.size());
    core::Effects& effects = effects_on(rows.marks);
    core::Effects& target = edit.target != nullptr ? effects_on(*edit.target) : effects;
    const std::size_t count = pg::guard([&] {
        Work work = begin(rows, effects, CMD_UPDATE, kFound | edit.written, edit.written);
        pg::Value cells[kMaxColumns];
        work.cells = cells;
        std::size_t so_far = 0;
        write_rows(
            work, done, [&](TupleTableSlot* row) { return accepts(edit, row, work); },
            [&](TupleTableSlot* row) {
                put_values(row, work, edit.written);
                return update_row(work.writer, &row->tts_tid, work.changed);
            },
            [&](std::size_t place, TupleTableSlot*) {
                effects.removed(work.message);
                target.added(read_message(work.changed, *work.table), work.now);
                changed[so_far++] = place;
            });
        end(work);
        return so_far;
    });
    changed.resize(count);
    return changed;
}

}  // namespace pgqrs::engine
