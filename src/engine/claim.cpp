#include "engine/claim.hpp"

#include <algorithm>

#include "core/scan_floor.hpp"
#include "engine/access.hpp"
#include "engine/clock.hpp"
#include "engine/journal.hpp"
#include "engine/queue_cache.hpp"
#include "engine/row_header.hpp"
#include "engine/row_writer.hpp"
#include "engine/settings.hpp"
#include "pg/guard.hpp"
#include "pg/transaction.hpp"

namespace pgqrs::engine {
namespace {

using Place = MessageColumn;

// Everything one claim works with. Plain data: it lives below a guard.
struct Work {
    const Table* table;
    const Claim* wanted;
    core::Instant now;
    // How far to walk: to `now`, or beyond it to the first message that has to wait for its time.
    core::Instant end;
    core::Effects* effects;
    std::span<const ResultColumn> result;
    pg::RowSink* sink;
    Relation relation;
    Snapshot snapshot;
    RowWriter writer;  // of a claim that changes something
    TupleTableSlot* found;
    TupleTableSlot* locked;
    TupleTableSlot* changed;
    Datum queue;
    Datum* values;  // of a row of the result
    bool* nulls;
    ScanKeyData start[2];  // of the walk under way
};

bool changes(const Claim& wanted) {
    return wanted.take == Take::lease || wanted.take == Take::remove;
}

constexpr Places kWalked =
    places(Place::id, Place::queue_id, Place::priority, Place::available_at, Place::vt,
           Place::read_ct, Place::given_back, Place::flags, Place::expires_at, Place::worker_id);
constexpr Places kLeased = places(Place::vt, Place::read_ct, Place::worker_id, Place::delivered_at);

Places looked_at(std::span<const ResultColumn> result) {
    Places all = kWalked;
    for (const ResultColumn& column : result) {
        all |= column.place < Place::count ? places(column.place) : 0;
    }
    return all;
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

void require_order_index(const Table& table) {
    if (!OidIsValid(table.order_index)) {
        ereport(ERROR, (errcode(ERRCODE_OBJECT_NOT_IN_PREREQUISITE_STATE),
                        errmsg("table \"%s.%s\" has no valid index in the order of delivery",
                               table.spec->schema, table.spec->name),
                        errhint("Select from pgqrs.verify() to see what it should be.")));
    }
}

void begin(Work& work) {
    const Table& table = *work.table;
    const Claim& wanted = *work.wanted;
    require_order_index(table);
    require_privileges(table, ACL_SELECT, looked_at(work.result));
    if (work.sink != nullptr) {
        check_shape(work.sink->shape(), work.result);
    }
    // As SPI: what the calling statement did before is seen, and it will see what we do as the work
    // of another command.
    if (changes(wanted)) {
        CommandCounterIncrement();
    }
    PushActiveSnapshot(GetTransactionSnapshot());
    work.snapshot = GetActiveSnapshot();
    if (changes(wanted)) {
        work.writer =
            begin_writing(table, wanted.take == Take::lease ? CMD_UPDATE : CMD_DELETE, kLeased);
        work.relation = work.writer.relation;
    } else {
        work.relation = table_open(table.relation, AccessShareLock);
        require_direct_access(table, work.relation, CMD_SELECT);
    }
    work.queue = PointerGetDatum(
        cstring_to_text_with_len(wanted.queue.data(), static_cast<int>(wanted.queue.size())));
    work.values = static_cast<Datum*>(palloc(work.result.size() * sizeof(Datum)));
    work.nulls = static_cast<bool*>(palloc(work.result.size() * sizeof(bool)));
    work.found = table_slot_create(work.relation, nullptr);
    if (changes(wanted)) {
        work.locked = table_slot_create(work.relation, nullptr);
        work.changed = MakeSingleTupleTableSlot(RelationGetDescr(work.relation), &TTSOpsVirtual);
    }
}

void end(Work& work) {
    ExecDropSingleTupleTableSlot(work.found);
    if (changes(*work.wanted)) {
        ExecDropSingleTupleTableSlot(work.changed);
        ExecDropSingleTupleTableSlot(work.locked);
        end_writing(work.writer);
    } else {
        table_close(work.relation, NoLock);
    }
    PopActiveSnapshot();
    if (changes(*work.wanted)) {
        CommandCounterIncrement();
    }
}

bool is_pending(const core::Message& message, const Work& work) {
    return core::classify(message, work.wanted->rule, work.now).state == core::State::pending;
}

// Locks the newest version of the found row into work.locked. False when somebody else has it.
bool lock_row(Work& work) {
    TM_FailureData failure;
    ItemPointerData place = work.found->tts_tid;
    const bool one_snapshot = IsolationUsesXactSnapshot();
    const TM_Result result = table_tuple_lock(
        work.relation, &place, work.snapshot, work.locked, work.writer.command,
        work.wanted->take == Take::remove ? LockTupleExclusive : LockTupleNoKeyExclusive,
        LockWaitSkip, one_snapshot ? 0 : TUPLE_LOCK_FLAG_FIND_LAST_VERSION, &failure);
    if (one_snapshot && (result == TM_Updated || result == TM_Deleted)) {
        ereport(ERROR, (errcode(ERRCODE_T_R_SERIALIZATION_FAILURE),
                        errmsg("could not serialize access due to concurrent update")));
    }
    return result == TM_Ok;
}

// The row as its delivery leaves it.
void make_delivered(const core::Message& message, Work& work) {
    const Table& table = *work.table;
    const Claim& wanted = *work.wanted;
    copy_row(work.changed, work.locked);
    set_value(work.changed, table, Place::read_ct, pg::int4(message.read_ct + 1));
    if (wanted.take == Take::lease) {
        set_value(work.changed, table, Place::vt, pg::timestamptz(work.now + wanted.lease));
        set_value(work.changed, table, Place::delivered_at, pg::timestamptz(work.now));
        set_value(work.changed, table, Place::worker_id, pg::int8(wanted.worker));
    } else {
        set_value(work.changed, table, Place::vt, pg::null_of(TIMESTAMPTZOID));
        set_value(work.changed, table, Place::worker_id, pg::null_of(INT8OID));
    }
}

pg::Value shown(TupleTableSlot* row, std::size_t place, const Work& work) {
    switch (place) {
        case kQueueName:
            return pg::of(TEXTOID, work.queue);
        case kFalse:
            return pg::boolean(false);
        default:
            return value_at(row, *work.table, place);
    }
}

void show(TupleTableSlot* row, Work& work) {
    for (std::size_t i = 0; i < work.result.size(); ++i) {
        const pg::Value value = shown(row, work.result[i].place, work);
        work.values[i] = value.datum;
        work.nulls[i] = value.null;
    }
    tuplestore_putvalues(work.sink->store(), work.sink->shape(), work.values, work.nulls);
}

// Takes the row that is locked and pending; false when a trigger suppresses that.
bool take(const core::Message& message, Work& work) {
    // First, for an error can come when others see the row changed already.
    work.effects->locked(message);
    make_delivered(message, work);
    const ItemPointer place = &work.locked->tts_tid;
    const bool lease = work.wanted->take == Take::lease;
    if ((lease ? update_row(work.writer, place, work.changed) : delete_row(work.writer, place)) !=
        Written::done) {
        return false;
    }
    if (lease) {
        work.effects->changed(message, read_message(work.changed, *work.table), work.now);
    } else {
        work.effects->removed(message);
    }
    if (work.sink != nullptr) {
        show(work.changed, work);
    }
    if (work.wanted->taken != nullptr) {
        work.wanted->taken->push_back(message.id);
    }
    return true;
}

// Whether the row belongs to the walk and is pending. It can be a newer version than was found.
bool is_wanted(const core::Message& message, int priority, const Work& work) {
    return message.queue_id == work.wanted->queue_id && message.priority == priority &&
           is_pending(message, work);
}

// Whether another transaction has changed the found row since the snapshot, and committed, and the row is
// not wanted as it is now. It looks without a lock: a row that is locked in vain stays locked until the
// end of the transaction, and the holder of its lease has to wait for that.
bool is_taken(int priority, Work& work) {
    HeapTupleHeaderData found = header_of(work.found);
    if (IsolationUsesXactSnapshot() || (found.t_infomask & HEAP_XMAX_INVALID) != 0 ||
        HEAP_XMAX_IS_LOCKED_ONLY(found.t_infomask)) {
        return false;
    }
    const TransactionId changer = HeapTupleHeaderGetUpdateXid(&found);
    if (TransactionIdIsInProgress(changer) || !TransactionIdDidCommit(changer)) {
        return false;
    }
    if (ItemPointerEquals(&found.t_ctid, &work.found->tts_tid)) {
        return true;  // deleted
    }
    SnapshotData newest;
    InitDirtySnapshot(newest);
    if (!table_tuple_fetch_row_version(work.relation, &found.t_ctid, &newest, work.locked)) {
        return false;
    }
    const HeapTupleHeaderData next = header_of(work.locked);
    return TransactionIdEquals(HeapTupleHeaderGetXmin(&next), changer) &&
           !TransactionIdIsValid(newest.xmin) && !TransactionIdIsValid(newest.xmax) &&
           !is_wanted(read_message(work.locked, *work.table), priority, work);
}

// Locks the found row and takes it, unless somebody else has it or it is not wanted any more.
bool claim_row(int priority, Work& work) {
    if (is_taken(priority, work) || !lock_row(work)) {
        return false;
    }
    const core::Message message = read_message(work.locked, *work.table);
    if (is_wanted(message, priority, work) && take(message, work)) {
        return true;
    }
    // Others pass the row while we have it locked, and leave it to us to lower the marks to it.
    work.effects->held(message, work.now);
    return false;
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

// Does what is wanted with a row that was pending when it was found. Answers whether it counts.
bool use_row(int priority, Work& work) {
    switch (work.wanted->take) {
        case Take::show:
            if (work.sink != nullptr) {
                show(work.found, work);
            }
            return true;
        case Take::count:
            return is_free(work.found);
        default:
            return claim_row(priority, work);
    }
}

// Adds nothing beyond the capacity, because growing could throw below the guard.
void note_leaving(const core::Message& message, const Work& work) {
    std::vector<std::int64_t>* leaving = work.wanted->leaving;
    if (leaving != nullptr && leaving->size() < leaving->capacity()) {
        leaving->push_back(message.id);
    }
}

// The condition (available_at, id) >= start, as one key.
void init_start_key(ScanKeyData& key, AttrNumber column, core::Position start, Work& work) {
    ScanKeyEntryInitialize(&work.start[0], SK_ROW_MEMBER, column, BTGreaterEqualStrategyNumber,
                           TIMESTAMPTZOID, InvalidOid, F_TIMESTAMPTZ_CMP,
                           TimestampTzGetDatum(start.available_at));
    ScanKeyEntryInitialize(&work.start[1], SK_ROW_MEMBER | SK_ROW_END, column + 1,
                           BTGreaterEqualStrategyNumber, INT8OID, InvalidOid, F_BTINT8CMP,
                           Int64GetDatum(start.id));
    key = {};
    key.sk_flags = SK_ROW_HEADER;
    key.sk_attno = column;
    key.sk_strategy = BTGreaterEqualStrategyNumber;
    key.sk_argument = PointerGetDatum(work.start);
}

// The keys of a walk; answers their number.
int make_keys(ScanKeyData (&keys)[4], int priority, core::Position start, Work& work) {
    int count = 0;
    AttrNumber column = 1;
    if (work.table->has(Place::queue_id)) {
        ScanKeyInit(&keys[count++], column++, BTEqualStrategyNumber, F_INT4EQ,
                    Int32GetDatum(work.wanted->queue_id));
    }
    if (work.table->has(Place::priority)) {
        ScanKeyInit(&keys[count++], column++, BTEqualStrategyNumber, F_INT2EQ,
                    Int16GetDatum(static_cast<std::int16_t>(priority)));
    }
    init_start_key(keys[count++], column, start, work);
    ScanKeyInit(&keys[count++], column, BTLessEqualStrategyNumber, F_TIMESTAMPTZ_LE,
                TimestampTzGetDatum(work.end));
    return count;
}

std::int64_t make_walk(IndexScanDesc scan, int priority, core::Walk& walk, std::int64_t quantity,
                       Work& work) {
    ScanKeyData keys[4];
    index_rescan(scan, keys, make_keys(keys, priority, walk.start, work), nullptr, 0);
    std::int64_t used = 0;
    walk.reached = work.end + 1;
    while (index_getnext_slot(scan, ForwardScanDirection, work.found)) {
        CHECK_FOR_INTERRUPTS();
        const core::Message message = read_message(work.found, *work.table);
        const core::Position here = message.position();
        // Behind it all messages have to wait for their time.
        if (here.available_at > work.now) {
            walk.reached = here;
            break;
        }
        const core::Verdict verdict = core::classify(message, work.wanted->rule, work.now);
        if (verdict.state == core::State::in_flight) {
            walk.pass_lease(here, verdict.until);
        } else if (verdict.state == core::State::pending) {
            const bool used_it = use_row(priority, work);
            if (used_it && !changes(*work.wanted)) {
                walk.leave(here);
            } else if (!used_it && is_unchanged(work.found)) {
                // Somebody has only locked it, and will tell nobody when he lets it go.
                walk.pass_lease(here, work.now + poll_interval());
            }
            if (used_it && ++used == quantity) {
                walk.reached = {here.available_at, here.id + 1};
                break;
            }
        } else if (core::is_leaving(verdict.state)) {
            if (work.wanted->take == Take::show) {
                // For the next dequeue to take it out.
                walk.leave(here);
            }
            note_leaving(message, work);
        }
    }
    return used;
}

// How many messages a claim wants: of all priorities together, or of each.
enum class Wanted { of_all, of_each };

std::int64_t make_walks(core::Scan& scan, Work& work, Wanted how) {
    return pg::guard([&] {
        begin(work);
        ScanKeyData keys[4];
        Relation index = index_open(work.table->order_index,
                                    changes(*work.wanted) ? RowExclusiveLock : AccessShareLock);
        IndexScanDesc walker = pg::compat::begin_index_scan(
            work.relation, index, work.snapshot, make_keys(keys, 0, core::kBeginning, work));
        std::int64_t used = 0;
        std::int64_t left = work.wanted->quantity;
        for (int priority = 0; priority < core::kPriorities && left > 0; ++priority) {
            core::Walk& walk = scan.walks[priority];
            if (priority > 0 && !work.table->has(Place::priority)) {
                walk.reached = core::kNever;  // there are no such messages
            } else if (walk.start != core::kNever) {
                used += make_walk(walker, priority, walk, left, work);
                left = how == Wanted::of_all ? work.wanted->quantity - used : left;
            }
        }
        index_endscan(walker);
        index_close(index, NoLock);
        end(work);
        return used;
    });
}

}  // namespace

std::int64_t claim(const Table& table, QueueMarks& marks, const Claim& wanted,
                   std::span<const ResultColumn> result, pg::RowSink* sink) {
    // A transaction with one snapshot sees what was there when it was taken, whatever the marks say
    // of now. So it walks from the beginning, and raises no mark.
    const bool one_snapshot = pg::has_transaction_snapshot();
    const core::Instant now = clock_now();
    learn_of_dead_workers(marks, wanted.dead_workers);
    ScanTicket ticket = begin_scan(marks, now, !one_snapshot);
    // The leases of workers that have died since are counted as running. Whoever comes next looks at all
    // leases again; see journal.hpp for why it cannot be overlooked.
    ticket.trusts_leases = !queues_changed_since(wanted.known_since);
    core::Scan scan =
        core::plan_scan(ticket.known, own_marks(marks), now, ticket.rescan || one_snapshot);
    Work work{};
    work.table = &table;
    work.wanted = &wanted;
    work.now = now;
    // The marks then also say when the next message is due. Not further than a rescan goes: behind the
    // present lie the dead entries of messages whose delay was cancelled.
    work.end = ticket.shared ? now + rescan_interval() : now;
    work.effects = changes(wanted) ? &effects_on(marks) : nullptr;
    work.result = result;
    work.sink = sink;
    const std::int64_t used = make_walks(scan, work, Wanted::of_all);
    end_scan(marks, ticket, scan, changes(wanted) ? used : 0, used < wanted.quantity);
    return used;
}

core::Instant oldest_pending(const Table& table, std::int32_t queue_id, core::DeliveryRule rule,
                             const core::Marks& marks, core::Instant now) {
    const Claim wanted{
        .take = Take::show, .queue_id = queue_id, .queue = {}, .quantity = 1, .rule = rule};
    core::Scan scan = core::plan_scan(marks, core::marks_at(core::kNever), now, false);
    Work work{};
    work.table = &table;
    work.wanted = &wanted;
    work.now = now;
    work.end = now;
    make_walks(scan, work, Wanted::of_each);
    core::Instant oldest = core::kNever;
    for (const core::Walk& walk : scan.walks) {
        oldest = std::min(oldest, walk.first_left.available_at);
    }
    return oldest;
}

}  // namespace pgqrs::engine
