#include "engine/row_holders.hpp"

#include <algorithm>
#include <array>

#include "engine/row_header.hpp"
#include "pg/guard.hpp"
#include "pg/snapshot.hpp"

namespace pgqrs::engine {
namespace {

// Plain data, for it is filled below a guard. When it is full, the caller comes again after it has waited for these.
class Holders {
public:
    bool full() const { return count_ == ids_.size(); }
    void add(TransactionId id) {
        if (!full() && std::find(ids_.cbegin(), end(), id) == end() &&
            !TransactionIdIsCurrentTransactionId(id) && TransactionIdIsInProgress(id)) {
            ids_[count_++] = id;
        }
    }
    std::vector<TransactionId> all() const { return {ids_.cbegin(), end()}; }

private:
    std::array<TransactionId, 64>::const_iterator end() const { return ids_.cbegin() + count_; }

    std::array<TransactionId, 64> ids_{};
    std::size_t count_ = 0;
};

// Which rows of a table count.
struct Wanted {
    std::int32_t queue_id;
    std::int64_t last_id;
    AttrNumber id_column;

    bool has(TupleTableSlot* slot) const {
        bool null = true;
        return last_id == INT64_MAX ||
               DatumGetInt64(slot_getattr(slot, id_column, &null)) <= last_id;
    }
};

// Those who hold one row: one transaction, or several that locked it together.
void add_holders_of_row(TupleTableSlot* slot, const Wanted& wanted, Holders& holders) {
    if (!wanted.has(slot)) {
        return;
    }
    const HeapTupleHeaderData row = header_of(slot);
    if ((row.t_infomask & HEAP_XMAX_INVALID) != 0) {
        return;
    }
    const TransactionId holder = HeapTupleHeaderGetRawXmax(&row);
    if ((row.t_infomask & HEAP_XMAX_IS_MULTI) == 0) {
        holders.add(holder);
        return;
    }
    MultiXactMember* members = nullptr;
    const int count = GetMultiXactIdMembers(holder, &members, HEAP_LOCKED_UPGRADED(row.t_infomask),
                                            HEAP_XMAX_IS_LOCKED_ONLY(row.t_infomask));
    for (int i = 0; i < count; ++i) {
        holders.add(members[i].xid);
    }
    if (members != nullptr) {
        pfree(members);
    }
}

// A valid B-tree that has the rows of a queue together; InvalidOid when there is none.
Oid index_by_queue(Relation relation, AttrNumber queue_column) {
    Oid found = InvalidOid;
    List* const indexes = RelationGetIndexList(relation);
    for (int i = 0; i < list_length(indexes) && !OidIsValid(found); ++i) {
        const Oid id = list_nth_oid(indexes, i);
        Relation index = index_open(id, AccessShareLock);
        if (index->rd_index->indisvalid && index->rd_rel->relam == BTREE_AM_OID &&
            index->rd_index->indkey.values[0] == queue_column &&
            RelationGetIndexPredicate(index) == NIL) {
            found = id;
        }
        index_close(index, AccessShareLock);
    }
    list_free(indexes);
    return found;
}

void look_by_index(Relation relation, Oid index_id, ScanKeyData key, Snapshot snapshot,
                   TupleTableSlot* slot, const Wanted& wanted, Holders& holders) {
    Relation index = index_open(index_id, AccessShareLock);
    key.sk_attno = 1;
    IndexScanDesc scan = pg::compat::begin_index_scan(relation, index, snapshot, 1);
    index_rescan(scan, &key, 1, nullptr, 0);
    while (!holders.full() && index_getnext_slot(scan, ForwardScanDirection, slot)) {
        CHECK_FOR_INTERRUPTS();
        add_holders_of_row(slot, wanted, holders);
    }
    index_endscan(scan);
    index_close(index, NoLock);
}

void look_at_all(Relation relation, ScanKeyData key, Snapshot snapshot, TupleTableSlot* slot,
                 const Wanted& wanted, Holders& holders) {
    TableScanDesc scan = table_beginscan(relation, snapshot, 1, &key);
    while (!holders.full() && table_scan_getnextslot(scan, ForwardScanDirection, slot)) {
        CHECK_FOR_INTERRUPTS();
        add_holders_of_row(slot, wanted, holders);
    }
    table_endscan(scan);
}

AttrNumber column_of_type(Relation relation, const char* name, Oid type) {
    const AttrNumber column = get_attnum(RelationGetRelid(relation), name);
    return column > 0 && TupleDescAttr(RelationGetDescr(relation), column - 1)->atttypid == type
               ? column
               : AttrNumber{InvalidAttrNumber};
}

void look_into(Oid table, Wanted wanted, Snapshot snapshot, Holders& holders) {
    Relation relation = table_open(table, AccessShareLock);
    const AttrNumber column = column_of_type(relation, "queue_id", INT4OID);
    wanted.id_column = column_of_type(relation, "id", INT8OID);
    if (relation->rd_rel->relam == HEAP_TABLE_AM_OID && column != InvalidAttrNumber &&
        wanted.id_column != InvalidAttrNumber) {
        ScanKeyData key;
        ScanKeyInit(&key, column, BTEqualStrategyNumber, F_INT4EQ, Int32GetDatum(wanted.queue_id));
        TupleTableSlot* slot = table_slot_create(relation, nullptr);
        const Oid index = index_by_queue(relation, column);
        if (OidIsValid(index)) {
            look_by_index(relation, index, key, snapshot, slot, wanted, holders);
        } else {
            look_at_all(relation, key, snapshot, slot, wanted, holders);
        }
        ExecDropSingleTupleTableSlot(slot);
    }
    table_close(relation, NoLock);
}

}  // namespace

std::vector<TransactionId> row_holders(const Access& access,
                                       std::initializer_list<const TableSpec*> tables,
                                       std::int64_t last_id) {
    std::vector<Oid> relations;
    for (const TableSpec* table : tables) {
        if (may_access(access, {table, ACL_DELETE})) {
            relations.push_back(find_table(*table));
        }
    }
    pg::HeldSnapshot snapshot;
    snapshot.take();
    Holders holders;
    pg::guard([&] {
        for (const Oid table : relations) {
            look_into(table, {access.queue, last_id, InvalidAttrNumber}, snapshot.get(), holders);
        }
    });
    snapshot.release();
    return holders.all();
}

}  // namespace pgqrs::engine
