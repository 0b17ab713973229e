// See modify.hpp.
#include "engine/rows_by_id.hpp"

#include <algorithm>

#include "pg/guard.hpp"

namespace pgqrs::engine {
namespace {

// Everything one call works with. Plain data: it lives below a guard.
struct Work {
    const RowsById* rows;
    Relation relation;
    Relation index;
    IndexScanDesc scan;
    Snapshot snapshot;
    CommandId command;
    LockTupleMode lock;
    // Whether one scan passes all keys, instead of one look-up for each; and where it is.
    bool dense;
    enum { before, at_row, after } scan_state;
    std::int64_t position;
    TupleTableSlot* found;
    TupleTableSlot* newest;
};

bool may(const RowsById& rows, AclMode needed) {
    return OidIsValid(rows.table.key_index) && rows.table.key == rows.table.numbers[rows.id] &&
           pg_class_aclmask(rows.table.relation, GetUserId(), needed, ACLMASK_ALL) == needed;
}

Work begin(const RowsById& rows, CmdType type, LockTupleMode lock) {
    Work work{};
    PreventCommandIfReadOnly(type == CMD_DELETE ? "DELETE" : "UPDATE");
    work.rows = &rows;
    work.relation = table_open(rows.table.relation, RowExclusiveLock);
    work.index = index_open(rows.table.key_index, RowExclusiveLock);
    CheckCmdReplicaIdentity(work.relation, type);
    // As SPI: what the calling statement did before is seen, and it will see what we do as the work
    // of another command.
    CommandCounterIncrement();
    PushActiveSnapshot(GetTransactionSnapshot());
    work.snapshot = GetActiveSnapshot();
    work.command = GetCurrentCommandId(true);
    work.lock = lock;
    work.found = table_slot_create(work.relation, nullptr);
    work.newest = table_slot_create(work.relation, nullptr);
    return work;
}

void end(Work& work) {
    index_endscan(work.scan);
    ExecDropSingleTupleTableSlot(work.newest);
    ExecDropSingleTupleTableSlot(work.found);
    PopActiveSnapshot();
    index_close(work.index, NoLock);
    table_close(work.relation, NoLock);
    CommandCounterIncrement();
}

pg::Value cell(TupleTableSlot* slot, std::size_t place, const Work& work) {
    pg::Value value;
    value.type = work.rows->columns[place].type;
    value.datum = slot_getattr(slot, work.rows->table.numbers[place], &value.null);
    return value;
}

// Whether few other ids lie between the keys, as when they come from one delivery: stepping over one
// costs less than descending the index once more. Not where looking at a row leaves a trace.
bool are_dense(std::span<const RowKey> keys) {
    const auto before = [](const RowKey& a, const RowKey& b) { return a.id < b.id; };
    return keys.size() > 1 && std::is_sorted(keys.begin(), keys.end(), before) &&
           static_cast<std::uint64_t>(keys.back().id) - static_cast<std::uint64_t>(keys[0].id) <
               2 * keys.size() &&
           !IsolationIsSerializable();
}

void begin_scan(Work& work) {
    const auto keys = work.rows->keys;
    work.dense = are_dense(keys);
    work.scan =
        pg::compat::begin_index_scan(work.relation, work.index, work.snapshot, work.dense ? 2 : 1);
    if (work.dense) {
        ScanKeyData range[2];
        ScanKeyInit(&range[0], 1, BTGreaterEqualStrategyNumber, F_INT8GE,
                    Int64GetDatum(keys[0].id));
        ScanKeyInit(&range[1], 1, BTLessEqualStrategyNumber, F_INT8LE,
                    Int64GetDatum(keys.back().id));
        index_rescan(work.scan, range, 2, nullptr, 0);
    }
}

void step(Work& work) {
    if (index_getnext_slot(work.scan, ForwardScanDirection, work.found)) {
        work.scan_state = Work::at_row;
        work.position = DatumGetInt64(cell(work.found, work.rows->id, work).datum);
    } else {
        work.scan_state = Work::after;
    }
}

// Puts the row the snapshot sees into work.found; false for none.
bool find(const RowKey& key, Work& work) {
    if (!work.dense) {
        ScanKeyData is;
        ScanKeyInit(&is, 1, BTEqualStrategyNumber, F_INT8EQ, Int64GetDatum(key.id));
        index_rescan(work.scan, &is, 1, nullptr, 0);
        return index_getnext_slot(work.scan, ForwardScanDirection, work.found);
    }
    while (work.scan_state == Work::before ||
           (work.scan_state == Work::at_row && work.position < key.id)) {
        step(work);
    }
    return work.scan_state == Work::at_row && work.position == key.id;
}

bool is_wanted(TupleTableSlot* slot, const RowKey& key, const Work& work) {
    const auto is = [&](std::size_t place, std::int32_t expected) {
        const pg::Value value = cell(slot, place, work);
        return !value.null && DatumGetInt32(value.datum) == expected;
    };
    const pg::Value id = cell(slot, work.rows->id, work);
    return !id.null && DatumGetInt64(id.datum) == key.id &&
           is(work.rows->queue_id, work.rows->in_queue) &&
           (!key.read_ct || is(work.rows->read_ct, *key.read_ct));
}

void refuse_old_snapshot(const char* change) {
    if (IsolationUsesXactSnapshot()) {
        ereport(ERROR, (errcode(ERRCODE_T_R_SERIALIZATION_FAILURE),
                        errmsg("could not serialize access due to concurrent %s", change)));
    }
}

// What met a change of our own transaction: right when it is of this command, for an id that comes
// twice. Nothing of the user's runs in between.
void require_own_command(const TM_FailureData& failure, const Work& work) {
    if (failure.cmax != work.command) {
        elog(ERROR, "row was changed by another command of this transaction");
    }
}

core::Position position(TupleTableSlot* slot, const Work& work) {
    return {timestamp_of(cell(slot, work.rows->available_at, work)),
            DatumGetInt64(cell(slot, work.rows->id, work).datum)};
}

int priority(TupleTableSlot* slot, const Work& work) {
    return DatumGetInt16(cell(slot, work.rows->priority, work).datum);
}

void note_locked(TupleTableSlot* slot, const Work& work) {
    work.rows->touched.locked(priority(slot, work), position(slot, work));
}

core::MessageTimes times_of(const pg::Value* cells, const RowsById& rows) {
    const auto instant = [&](std::size_t place) {
        return cells[place].null ? core::kBeginning : timestamp_of(cells[place]);
    };
    return {.enqueued_at = instant(rows.enqueued_at),
            .available_at = instant(rows.available_at),
            .lease_end = instant(rows.vt),
            .delivered_at = instant(rows.delivered_at)};
}

// It stays as it is until the transaction ends, and is locked.
void note_held(TupleTableSlot* slot, const Work& work) {
    const pg::Value vt = cell(slot, work.rows->vt, work);
    work.rows->touched.held(priority(slot, work), position(slot, work),
                            vt.null ? core::kBeginning : timestamp_of(vt));
}

// Waits for whoever has changed the row, and locks its newest version; false when it is gone.
bool lock_newest(TupleTableSlot* seen, Work& work) {
    TM_FailureData failure;
    ItemPointerData place = seen->tts_tid;
    const TM_Result result =
        table_tuple_lock(work.relation, &place, work.snapshot, work.newest, work.command, work.lock,
                         LockWaitBlock, TUPLE_LOCK_FLAG_FIND_LAST_VERSION, &failure);
    if (result == TM_SelfModified) {
        require_own_command(failure, work);
    } else if (result != TM_Ok && result != TM_Deleted) {
        elog(ERROR, "unexpected table_tuple_lock status: %d", static_cast<int>(result));
    }
    return result == TM_Ok;
}

// Applies a change to the found row, or to its newest version when somebody has changed it since the
// snapshot. Answers the version that was changed; null for none.
template <class Accept, class Apply>
TupleTableSlot* modify_row(const RowKey& key, Work& work, Accept accept, Apply apply) {
    TupleTableSlot* row = work.found;
    while (is_wanted(row, key, work) && accept(row)) {
        TM_FailureData failure;
        note_locked(row, work);
        const TM_Result result = apply(row, &failure);
        switch (result) {
            case TM_Ok:
                return row;
            case TM_Updated:
                refuse_old_snapshot("update");
                if (!lock_newest(row, work)) {
                    return nullptr;
                }
                row = work.newest;
                note_held(row, work);
                break;
            case TM_Deleted:
                refuse_old_snapshot("delete");
                return nullptr;
            case TM_SelfModified:
                require_own_command(failure, work);
                return nullptr;
            default:
                elog(ERROR, "unrecognized tuple status: %d", static_cast<int>(result));
        }
    }
    return nullptr;
}

// Calls done(place, row) for each row that was changed.
template <class Accept, class Apply, class Done>
void modify(Work& work, Accept accept, Apply apply, Done done) {
    const auto keys = work.rows->keys;
    for (std::size_t place = 0; place < keys.size(); ++place) {
        CHECK_FOR_INTERRUPTS();
        TupleTableSlot* row =
            find(keys[place], work) ? modify_row(keys[place], work, accept, apply) : nullptr;
        if (row != nullptr) {
            done(place, row);
        }
    }
}

// The row's values, copied as far as they are wanted.
void copy_row(TupleTableSlot* row, Values wanted, const Work& work, pg::Value* cells) {
    for (std::size_t i = 0; i < work.rows->columns.size(); ++i) {
        const Form_pg_attribute attribute =
            TupleDescAttr(row->tts_tupleDescriptor, work.rows->table.numbers[i] - 1);
        if (!attribute->attbyval && wanted == Values::fixed_length) {
            cells[i] = pg::null_of(work.rows->columns[i].type);
            continue;
        }
        cells[i] = cell(row, i, work);
        if (!cells[i].null) {
            cells[i].datum = datumCopy(cells[i].datum, attribute->attbyval, attribute->attlen);
        }
    }
}

// Where the new versions of rows are made, and what adds them to indexes.
struct Writer {
    TupleTableSlot* changed;
    EState* estate;
    ResultRelInfo* target;
};

Writer begin_writing(const Work& work) {
    Writer writer{};
    writer.changed = MakeSingleTupleTableSlot(RelationGetDescr(work.relation), &TTSOpsVirtual);
    return writer;
}

void end_writing(Writer& writer) {
    ExecDropSingleTupleTableSlot(writer.changed);
    if (writer.estate != nullptr) {
        ExecCloseIndices(writer.target);
        FreeExecutorState(writer.estate);
    }
}

void fill(TupleTableSlot* slot, const RowsById& rows, const pg::Value* cells) {
    ExecClearTuple(slot);
    // Dropped columns stay null.
    std::fill_n(slot->tts_isnull, slot->tts_tupleDescriptor->natts, true);
    for (std::size_t i = 0; i < rows.columns.size(); ++i) {
        slot->tts_values[rows.table.numbers[i] - 1] = cells[i].datum;
        slot->tts_isnull[rows.table.numbers[i] - 1] = cells[i].null;
    }
    ExecStoreVirtualTuple(slot);
}

void add_to_indexes(Writer& writer, const Work& work, pg::compat::IndexWork indexes) {
    if (writer.estate == nullptr) {
        writer.estate = CreateExecutorState();
        const MemoryContext outside = MemoryContextSwitchTo(writer.estate->es_query_cxt);
        writer.target = pg::compat::index_target(work.relation);
        ExecOpenIndices(writer.target, false);
        MemoryContextSwitchTo(outside);
    }
    pg::compat::insert_index_tuples(writer.target, writer.changed, writer.estate, true, indexes);
    ResetPerTupleExprContext(writer.estate);
}

}  // namespace

bool can_remove(const RowsById& rows) {
    return pg::guard([&] { return may(rows, ACL_SELECT | ACL_DELETE); });
}

bool can_change(const RowsById& rows) {
    return pg::guard([&] { return may(rows, ACL_SELECT | ACL_UPDATE); });
}

std::size_t remove_rows(const RowsById& rows, Values wanted, std::size_t* places,
                        pg::Value* cells) {
    return pg::guard([&] {
        Work work = begin(rows, CMD_DELETE, LockTupleExclusive);
        begin_scan(work);
        std::size_t removed = 0;
        modify(
            work, [](TupleTableSlot*) { return true; },
            [&](TupleTableSlot* row, TM_FailureData* failure) {
                return table_tuple_delete(work.relation, &row->tts_tid, work.command, work.snapshot,
                                          InvalidSnapshot, true, failure, false);
            },
            [&](std::size_t place, TupleTableSlot* row) {
                pg::Value* copy = cells + removed * rows.columns.size();
                copy_row(row, wanted, work, copy);
                rows.touched.change.remove_message(times_of(copy, rows));
                places[removed++] = place;
            });
        end(work);
        return removed;
    });
}

std::size_t change_rows(const RowsById& rows, const RowEdit& edit, std::size_t* places) {
    return pg::guard([&] {
        Work work = begin(rows, CMD_UPDATE, LockTupleNoKeyExclusive);
        begin_scan(work);
        Writer writer = begin_writing(work);
        std::size_t changed = 0;
        pg::Value cells[pg::kMaxValues];
        core::QueueCounts change{};
        modify(
            work,
            [&](TupleTableSlot* row) {
                for (std::size_t i = 0; i < rows.columns.size(); ++i) {
                    cells[i] = cell(row, i, work);
                }
                change = {};
                change.remove_message(times_of(cells, rows));
                const bool wanted = edit.edit(edit.state, cells);
                change.add_message(times_of(cells, rows));
                return wanted;
            },
            [&](TupleTableSlot* row, TM_FailureData* failure) {
                fill(writer.changed, rows, cells);
                pg::compat::IndexWork indexes;
                const TM_Result result =
                    pg::compat::try_update_row(work.relation, &row->tts_tid, writer.changed,
                                               work.command, work.snapshot, failure, &indexes);
                if (result == TM_Ok && indexes != pg::compat::IndexWork::none) {
                    add_to_indexes(writer, work, indexes);
                }
                return result;
            },
            [&](std::size_t place, TupleTableSlot*) {
                rows.touched.change.add(change);
                places[changed++] = place;
            });
        end_writing(writer);
        end(work);
        return changed;
    });
}

}  // namespace pgqrs::engine
