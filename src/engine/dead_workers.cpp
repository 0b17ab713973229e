#include "engine/dead_workers.hpp"

#include <algorithm>

#include "engine/tables.hpp"
#include "pg/catalog.hpp"
#include "pg/guard.hpp"

namespace pgqrs::engine {
namespace {

// The scan under way. Plain data: it lives across guards.
struct Search {
    Relation table;
    SysScanDesc scan;
    Snapshot snapshot;
    AttrNumber id;
    AttrNumber queue_id;
    AttrNumber state;
};

// Without the index it reads the whole table.
void begin(Search& search, std::int32_t queue_id) {
    const Oid schema = get_namespace_oid(kSchema, false);
    search.table = table_open(get_relname_relid(kWorkers.name, schema), AccessShareLock);
    const Oid relation = RelationGetRelid(search.table);
    search.id = get_attnum(relation, "id");
    search.queue_id = get_attnum(relation, "queue_id");
    search.state = get_attnum(relation, "state");
    const Oid index = get_relname_relid("workers_dead", schema);
    ScanKeyData key;
    ScanKeyInit(&key, search.queue_id, BTEqualStrategyNumber, F_INT4EQ, Int32GetDatum(queue_id));
    search.snapshot = RegisterSnapshot(GetLatestSnapshot());
    search.scan =
        systable_beginscan(search.table, index, OidIsValid(index), search.snapshot, 1, &key);
}

// The next dead worker's id; false when there is none.
bool next(const Search& search, Datum dead, std::int64_t* id) {
    const TupleDesc shape = RelationGetDescr(search.table);
    for (;;) {
        CHECK_FOR_INTERRUPTS();
        HeapTuple row = systable_getnext(search.scan);
        if (!HeapTupleIsValid(row)) {
            return false;
        }
        bool null = false;
        if (heap_getattr(row, search.state, shape, &null) == dead && !null) {
            *id = DatumGetInt64(heap_getattr(row, search.id, shape, &null));
            return true;
        }
    }
}

void end(Search& search) {
    systable_endscan(search.scan);
    UnregisterSnapshot(search.snapshot);
    table_close(search.table, AccessShareLock);
}

}  // namespace

DeadWorkers find_dead_workers(std::int32_t queue_id) {
    const pg::Value dead = pg::enum_value(kSchema, "worker_state", "dead");
    std::vector<std::int64_t> found;
    Search search{};
    pg::guard([&] { begin(search, queue_id); });
    std::int64_t id = 0;
    while (pg::guard([&] { return next(search, dead.datum, &id); })) {
        found.push_back(id);
    }
    pg::guard([&] { end(search); });
    if (found.empty()) {
        return nullptr;
    }
    std::sort(found.begin(), found.end());
    return std::make_shared<const std::vector<std::int64_t>>(std::move(found));
}

}  // namespace pgqrs::engine
