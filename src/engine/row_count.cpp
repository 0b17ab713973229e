#include "engine/row_count.hpp"

#include "pg/guard.hpp"

namespace pgqrs::engine {
namespace {

using Place = MessageColumn;

// A message that is being changed can be found in both versions, one after the other. Below a guard.
std::int64_t count(const Table& table, std::int32_t queue_id, Snapshot snapshot,
                   std::int64_t limit) {
    Relation relation = table_open(table.relation, AccessShareLock);
    ScanKeyData key;
    ScanKeyInit(&key, table.numbers[Place::queue_id], BTEqualStrategyNumber, F_INT4EQ,
                Int32GetDatum(queue_id));
    SysScanDesc scan = systable_beginscan(relation, table.order_index,
                                          OidIsValid(table.order_index), snapshot, 1, &key);
    std::int64_t found = 0;
    Datum last = 0;
    while (found < limit) {
        CHECK_FOR_INTERRUPTS();
        HeapTuple row = systable_getnext(scan);
        if (!HeapTupleIsValid(row)) {
            break;
        }
        bool null = false;
        const Datum id =
            heap_getattr(row, table.numbers[Place::id], RelationGetDescr(relation), &null);
        found += found == 0 || DatumGetInt64(id) != DatumGetInt64(last) ? 1 : 0;
        last = id;
    }
    systable_endscan(scan);
    table_close(relation, NoLock);
    return found;
}

}  // namespace

std::int64_t count_up_to(const Table& messages, std::int32_t queue_id, std::int64_t limit) {
    return pg::guard([&] {
        Snapshot snapshot = RegisterSnapshot(GetLatestSnapshot());
        const std::int64_t found = count(messages, queue_id, snapshot, limit);
        UnregisterSnapshot(snapshot);
        return found;
    });
}

std::int64_t count_up_to_with_uncommitted(const Table& messages, std::int32_t queue_id,
                                          std::int64_t limit) {
    return pg::guard([&] {
        SnapshotData snapshot;
        InitDirtySnapshot(snapshot);
        return count(messages, queue_id, &snapshot, limit);
    });
}

}  // namespace pgqrs::engine
