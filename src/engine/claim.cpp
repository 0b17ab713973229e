// See claim.hpp.
#include "engine/claim.hpp"

#include <algorithm>

#include "pg/guard.hpp"

namespace pgqrs::engine {
namespace {

struct Columns {
    AttrNumber id;
    AttrNumber queue_id;
    AttrNumber priority;
    AttrNumber available_at;
    AttrNumber vt;
    AttrNumber read_ct;
    AttrNumber worker_id;
    AttrNumber delivered_at;
    AttrNumber enqueued_at;
    int results;
    AttrNumber result[pg::kMaxValues];  // 0: the queue's name
};

// Everything one claim works with. Plain data: it lives below a guard.
struct Work {
    const Claim* wanted;
    core::Touched* touched;
    pg::RowSink* sink;
    Columns columns;
    Relation relation;
    Snapshot snapshot;
    CommandId command;
    EState* estate;
    ResultRelInfo* target;
    TupleTableSlot* found;
    TupleTableSlot* locked;
    TupleTableSlot* changed;
    Datum queue;
    ScanKeyData start[2];  // of the walk under way
};

void find_columns(const pg::PlainTable& table, const ClaimColumns& places, Columns* columns) {
    columns->id = table.numbers[places.id];
    columns->queue_id = table.numbers[places.queue_id];
    columns->priority = table.numbers[places.priority];
    columns->available_at = table.numbers[places.available_at];
    columns->vt = table.numbers[places.vt];
    columns->read_ct = table.numbers[places.read_ct];
    columns->worker_id = table.numbers[places.worker_id];
    columns->delivered_at = table.numbers[places.delivered_at];
    columns->enqueued_at = table.numbers[places.enqueued_at];
    columns->results = static_cast<int>(places.result.size());
    for (int i = 0; i < columns->results; ++i) {
        const std::size_t place = places.result[i].place;
        columns->result[i] = place == kQueueName ? 0 : table.numbers[place];
    }
}

// The result type must still be what the result columns make.
void check_shape(TupleDesc result, std::span<const ResultColumn> columns) {
    bool same = result->natts == static_cast<int>(columns.size());
    for (int i = 0; same && i < result->natts; ++i) {
        same = TupleDescAttr(result, i)->atttypid == columns[i].type;
    }
    if (!same) {
        ereport(ERROR, (errcode(ERRCODE_DATATYPE_MISMATCH),
                        errmsg("the type of the result is not what it should be"),
                        errhint("Select from pgqrs.verify() to see what it should be.")));
    }
}

// The walk relies on it: a B-tree on (queue_id, priority, available_at, id), ascending, of all rows.
void check_index(Relation index, Relation table, const Columns& numbers) {
    const Form_pg_index form = index->rd_index;
    bool same = form->indrelid == RelationGetRelid(table) && form->indisvalid &&
                index->rd_rel->relam == BTREE_AM_OID && form->indnkeyatts == 4 &&
                heap_attisnull(index->rd_indextuple, Anum_pg_index_indpred, nullptr);
    const AttrNumber columns[] = {numbers.queue_id, numbers.priority, numbers.available_at,
                                  numbers.id};
    for (int i = 0; same && i < 4; ++i) {
        same = form->indkey.values[i] == columns[i] && index->rd_indoption[i] == 0;
    }
    if (!same) {
        ereport(ERROR, (errcode(ERRCODE_OBJECT_NOT_IN_PREREQUISITE_STATE),
                        errmsg("index \"%s\" is not the order of delivery",
                               RelationGetRelationName(index)),
                        errhint("Select from pgqrs.verify() to see what it should be.")));
    }
}

void require_privileges(Relation relation, AclMode needed) {
    if (pg_class_aclmask(RelationGetRelid(relation), GetUserId(), needed, ACLMASK_ALL) != needed) {
        aclcheck_error(ACLCHECK_NO_PRIV, OBJECT_TABLE, RelationGetRelationName(relation));
    }
}

Datum column(TupleTableSlot* slot, AttrNumber number) {
    bool null;
    return slot_getattr(slot, number, &null);
}

Timestamp available_at(TupleTableSlot* slot, const Work& work) {
    return DatumGetTimestampTz(column(slot, work.columns.available_at));
}

core::Position position(TupleTableSlot* slot, const Work& work) {
    return {available_at(slot, work), DatumGetInt64(column(slot, work.columns.id))};
}

// kBeginningOfTime when there is none.
Timestamp optional_instant(TupleTableSlot* slot, AttrNumber number) {
    bool null;
    const Datum value = slot_getattr(slot, number, &null);
    return null ? kBeginningOfTime : DatumGetTimestampTz(value);
}

Timestamp lease_end(TupleTableSlot* slot, const Work& work) {
    return optional_instant(slot, work.columns.vt);
}

core::MessageTimes times_of(TupleTableSlot* slot, const Work& work) {
    return {.enqueued_at = DatumGetTimestampTz(column(slot, work.columns.enqueued_at)),
            .available_at = available_at(slot, work),
            .lease_end = lease_end(slot, work),
            .delivered_at = optional_instant(slot, work.columns.delivered_at)};
}

bool has_deliveries_left(TupleTableSlot* slot, const Work& work) {
    return DatumGetInt32(column(slot, work.columns.read_ct)) < work.wanted->max_deliveries;
}

// What is locked may be a newer version of the row than was found, so all of it counts again.
bool still_belongs(TupleTableSlot* slot, int priority, const Work& work) {
    const Timestamp now = work.wanted->now;
    return DatumGetInt32(column(slot, work.columns.queue_id)) == work.wanted->queue_id &&
           DatumGetInt16(column(slot, work.columns.priority)) == priority &&
           available_at(slot, work) <= now && lease_end(slot, work) <= now &&
           has_deliveries_left(slot, work);
}

// Others pass the row while we have it locked, and leave it to us to lower the marks to it.
void note_held(TupleTableSlot* slot, Work& work) {
    const Timestamp end = lease_end(slot, work);
    work.touched->held(DatumGetInt16(column(slot, work.columns.priority)), position(slot, work),
                       end <= work.wanted->now ? core::kBeginning : end);
}

// Locks the newest version of the found row into work.locked. False when somebody else has it.
bool lock_row(Work& work) {
    TM_FailureData failure;
    ItemPointerData place = work.found->tts_tid;
    const bool one_snapshot = IsolationUsesXactSnapshot();
    const TM_Result result = table_tuple_lock(
        work.relation, &place, work.snapshot, work.locked, work.command, LockTupleNoKeyExclusive,
        LockWaitSkip, one_snapshot ? 0 : TUPLE_LOCK_FLAG_FIND_LAST_VERSION, &failure);
    if (one_snapshot && (result == TM_Updated || result == TM_Deleted)) {
        ereport(ERROR, (errcode(ERRCODE_T_R_SERIALIZATION_FAILURE),
                        errmsg("could not serialize access due to concurrent update")));
    }
    return result == TM_Ok;
}

// Writes the lease into the locked row.
void lease_row(Work& work) {
    const Columns& columns = work.columns;
    TupleTableSlot* row = work.changed;
    const auto set = [&](AttrNumber number, Datum value, bool null) {
        row->tts_values[number - 1] = value;
        row->tts_isnull[number - 1] = null;
    };
    const Datum read_ct = column(work.locked, columns.read_ct);

    ExecClearTuple(row);
    slot_getallattrs(work.locked);
    const std::size_t width = work.locked->tts_tupleDescriptor->natts;
    std::copy_n(work.locked->tts_values, width, row->tts_values);
    std::copy_n(work.locked->tts_isnull, width, row->tts_isnull);
    set(columns.vt, TimestampTzGetDatum(work.wanted->lease_end), false);
    set(columns.read_ct, Int32GetDatum(DatumGetInt32(read_ct) + 1), false);
    set(columns.delivered_at, TimestampTzGetDatum(work.wanted->now), false);
    set(columns.worker_id, Int64GetDatum(work.wanted->worker.value_or(0)),
        !work.wanted->worker.has_value());
    ExecStoreVirtualTuple(row);

    const auto indexes = pg::compat::update_row(work.relation, &work.locked->tts_tid, row,
                                                work.command, work.snapshot);
    if (indexes != pg::compat::IndexWork::none) {
        if (work.target->ri_NumIndices == 0) {
            ExecOpenIndices(work.target, false);
        }
        pg::compat::insert_index_tuples(work.target, row, work.estate, true, indexes);
    }
}

void count_delivered(Work& work) {
    core::QueueCounts& change = work.touched->change;
    change.remove_message(times_of(work.locked, work));
    change.add_message(times_of(work.changed, work));
}

void deliver_row(Work& work) {
    Datum values[pg::kMaxValues];
    bool nulls[pg::kMaxValues];
    for (int i = 0; i < work.columns.results; ++i) {
        const AttrNumber number = work.columns.result[i];
        nulls[i] = false;
        values[i] = number == 0 ? work.queue : slot_getattr(work.changed, number, &nulls[i]);
    }
    tuplestore_putvalues(work.sink->store(), work.sink->shape(), values, nulls);
}

// Locks the found row and leases it, unless somebody else has it or it is not deliverable any more.
bool claim_row(int priority, Work& work) {
    if (!lock_row(work)) {
        return false;
    }
    if (!still_belongs(work.locked, priority, work)) {
        note_held(work.locked, work);
        return false;
    }
    // First, for an error can come before the row is delivered and after others see it changed.
    work.touched->delivered(priority, position(work.locked, work), work.wanted->lease_end);
    lease_row(work);
    deliver_row(work);
    count_delivered(work);
    ResetPerTupleExprContext(work.estate);
    return true;
}

// The row's header as it is now; others change it at any time.
HeapTupleHeaderData header_of(TupleTableSlot* slot) {
    const Buffer buffer = reinterpret_cast<BufferHeapTupleTableSlot*>(slot)->buffer;
    LockBuffer(buffer, BUFFER_LOCK_SHARE);
    const HeapTupleHeaderData header = *ExecFetchSlotHeapTuple(slot, false, nullptr)->t_data;
    LockBuffer(buffer, BUFFER_LOCK_UNLOCK);
    return header;
}

// Whether nobody has locked, changed or deleted the row since the snapshot.
bool is_free(TupleTableSlot* slot) {
    const HeapTupleHeaderData row = header_of(slot);
    const std::uint16_t state = row.t_infomask;
    const TransactionId locker = HeapTupleHeaderGetRawXmax(&row);
    if ((state & HEAP_XMAX_INVALID) != 0) {
        return true;
    }
    const bool only_locked = HEAP_XMAX_IS_LOCKED_ONLY(state);
    if ((state & HEAP_XMAX_IS_MULTI) != 0) {
        return only_locked && !MultiXactIdIsRunning(locker, true);
    }
    return !TransactionIdIsInProgress(locker) && (only_locked || !TransactionIdDidCommit(locker));
}

// Whether nobody changes, has changed or deleted the row since the snapshot.
bool is_unchanged(TupleTableSlot* slot) {
    HeapTupleHeaderData row = header_of(slot);
    if ((row.t_infomask & HEAP_XMAX_INVALID) != 0 || HEAP_XMAX_IS_LOCKED_ONLY(row.t_infomask)) {
        return true;
    }
    const TransactionId changer = HeapTupleHeaderGetUpdateXid(&row);
    return !TransactionIdIsInProgress(changer) && !TransactionIdDidCommit(changer);
}

// With all four keys a walk ends at `now`.
int key_count(const Claim& wanted) { return wanted.look_ahead ? 3 : 4; }

// The condition (available_at, id) >= start, as one key.
void init_start_key(ScanKeyData& key, core::Position start, Work& work) {
    ScanKeyEntryInitialize(&work.start[0], SK_ROW_MEMBER, 3, BTGreaterEqualStrategyNumber,
                           TIMESTAMPTZOID, InvalidOid, F_TIMESTAMPTZ_CMP,
                           TimestampTzGetDatum(start.available_at));
    ScanKeyEntryInitialize(&work.start[1], SK_ROW_MEMBER | SK_ROW_END, 4,
                           BTGreaterEqualStrategyNumber, INT8OID, InvalidOid, F_BTINT8CMP,
                           Int64GetDatum(start.id));
    key = {};
    key.sk_flags = SK_ROW_HEADER;
    key.sk_attno = 3;
    key.sk_strategy = BTGreaterEqualStrategyNumber;
    key.sk_argument = PointerGetDatum(work.start);
}

void start_walk(IndexScanDesc scan, int priority, core::Position start, Work& work) {
    ScanKeyData keys[4];
    ScanKeyInit(&keys[0], 1, BTEqualStrategyNumber, F_INT4EQ, Int32GetDatum(work.wanted->queue_id));
    ScanKeyInit(&keys[1], 2, BTEqualStrategyNumber, F_INT2EQ, Int16GetDatum(priority));
    init_start_key(keys[2], start, work);
    ScanKeyInit(&keys[3], 3, BTLessEqualStrategyNumber, F_TIMESTAMPTZ_LE,
                TimestampTzGetDatum(work.wanted->now));
    // It takes as many as the scan was begun with.
    index_rescan(scan, keys, key_count(*work.wanted), nullptr, 0);
}

std::int64_t make_walk(IndexScanDesc scan, int priority, core::Walk& walk, std::int64_t quantity,
                       Work& work) {
    const Timestamp now = work.wanted->now;
    start_walk(scan, priority, walk.start, work);
    std::int64_t claimed = 0;
    walk.reached = work.wanted->look_ahead ? core::kNever : now + 1;
    while (index_getnext_slot(scan, ForwardScanDirection, work.found)) {
        CHECK_FOR_INTERRUPTS();
        const core::Position here = position(work.found, work);
        const Timestamp leased_until = lease_end(work.found, work);
        if (here.available_at > now) {
            walk.reached = here;
            break;
        }
        if (leased_until > now) {
            walk.pass_lease(here, leased_until);
        } else if (!has_deliveries_left(work.found, work)) {
            continue;
        } else if (work.wanted->look_only ? is_free(work.found) : claim_row(priority, work)) {
            if (++claimed == quantity) {
                walk.reached = {here.available_at, work.wanted->look_only ? here.id : here.id + 1};
                break;
            }
        } else if (is_unchanged(work.found)) {
            walk.leave(here);
        }
    }
    return claimed;
}

}  // namespace

std::uint64_t claim(const pg::PlainTable& table, Oid order_index, const ClaimColumns& columns,
                    const Claim& wanted, core::Scan& scan, core::Touched& touched,
                    pg::RowSink* sink) {
    return pg::guard([&] {
        if (!wanted.look_only) {
            PreventCommandIfReadOnly("UPDATE");
        }
        Relation relation = table_open(table.relation, RowExclusiveLock);
        Relation index = index_open(order_index, RowExclusiveLock);
        require_privileges(relation, wanted.look_only ? ACL_SELECT : ACL_SELECT | ACL_UPDATE);
        Work work{};
        find_columns(table, columns, &work.columns);
        check_index(index, relation, work.columns);
        if (!wanted.look_only) {
            check_shape(sink->shape(), columns.result);
            CheckCmdReplicaIdentity(relation, CMD_UPDATE);
        }
        // As SPI: what the calling statement did before is seen, and it will see what we do as
        // the work of another command.
        CommandCounterIncrement();
        PushActiveSnapshot(GetTransactionSnapshot());

        EState* estate = CreateExecutorState();
        const MemoryContext outside = MemoryContextSwitchTo(estate->es_query_cxt);
        work.wanted = &wanted;
        work.touched = &touched;
        work.sink = sink;
        work.relation = relation;
        work.snapshot = GetActiveSnapshot();
        work.command = GetCurrentCommandId(!wanted.look_only);
        work.estate = estate;
        work.target = pg::compat::index_target(relation);
        work.queue = PointerGetDatum(
            cstring_to_text_with_len(wanted.queue.data(), static_cast<int>(wanted.queue.size())));
        work.found = table_slot_create(relation, &estate->es_tupleTable);
        work.locked = table_slot_create(relation, &estate->es_tupleTable);
        work.changed = MakeSingleTupleTableSlot(RelationGetDescr(relation), &TTSOpsVirtual);

        IndexScanDesc walker =
            pg::compat::begin_index_scan(relation, index, work.snapshot, key_count(wanted));
        std::int64_t claimed = 0;
        for (int priority = 0; priority < core::kPriorities && claimed < wanted.quantity;
             ++priority) {
            core::Walk& walk = scan.walks[priority];
            if (walk.start != core::kNever) {
                claimed += make_walk(walker, priority, walk, wanted.quantity - claimed, work);
            }
        }
        index_endscan(walker);

        ExecDropSingleTupleTableSlot(work.changed);
        ExecResetTupleTable(estate->es_tupleTable, false);
        if (work.target->ri_NumIndices > 0) {
            ExecCloseIndices(work.target);
        }
        MemoryContextSwitchTo(outside);
        FreeExecutorState(estate);
        PopActiveSnapshot();
        index_close(index, NoLock);
        table_close(relation, NoLock);
        CommandCounterIncrement();
        return static_cast<std::uint64_t>(claimed);
    });
}

}  // namespace pgqrs::engine
