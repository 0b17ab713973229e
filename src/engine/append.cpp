// See insert.hpp.
#include "engine/append.hpp"

#include <algorithm>

#include "pg/guard.hpp"

namespace pgqrs::engine {
namespace {

constexpr std::size_t kRowsPerWrite = 256;

void require_insert_privilege(Relation relation) {
    const AclResult allowed =
        pg_class_aclcheck(RelationGetRelid(relation), GetUserId(), ACL_INSERT);
    if (allowed != ACLCHECK_OK) {
        aclcheck_error(allowed, OBJECT_TABLE, RelationGetRelationName(relation));
    }
}

void fill(TupleTableSlot* slot, const pg::PlainTable& table, const RowSource& source,
          std::size_t row) {
    pg::Value cells[pg::kMaxValues];
    source.put(source.state, row, cells);
    ExecClearTuple(slot);
    // Dropped columns stay null.
    std::fill_n(slot->tts_isnull, slot->tts_tupleDescriptor->natts, true);
    for (std::size_t i = 0; i < source.columns; ++i) {
        const AttrNumber number = table.numbers[i];
        slot->tts_values[number - 1] = cells[i].datum;
        slot->tts_isnull[number - 1] = cells[i].null;
    }
    ExecStoreVirtualTuple(slot);
    slot->tts_tableOid = table.relation;
}

// Keeps the page that is being filled at hand. Not the ring of buffers that COPY confines itself to:
// what is enqueued will soon be read.
BulkInsertState begin_bulk() {
    BulkInsertState bulk = GetBulkInsertState();
    FreeAccessStrategy(bulk->strategy);
    bulk->strategy = nullptr;
    return bulk;
}

void write(Relation relation, ResultRelInfo* target, EState* estate, TupleTableSlot** slots,
           int count, BulkInsertState bulk) {
    const CommandId command = GetCurrentCommandId(true);
    if (count == 1) {
        table_tuple_insert(relation, slots[0], command, 0, bulk);
    } else {
        table_multi_insert(relation, slots, count, command, 0, bulk);
    }
    for (int i = 0; i < count && target->ri_NumIndices > 0; ++i) {
        pg::compat::insert_index_tuples(target, slots[i], estate, false,
                                        pg::compat::IndexWork::all);
        ResetPerTupleExprContext(estate);
    }
}

}  // namespace

void insert_rows(const pg::PlainTable& table, const RowSource& source) {
    pg::guard([&] {
        // So that the calling statement takes the rows for the work of another command.
        CommandCounterIncrement();
        Relation relation = table_open(table.relation, RowExclusiveLock);
        require_insert_privilege(relation);

        EState* estate = CreateExecutorState();
        const MemoryContext outside = MemoryContextSwitchTo(estate->es_query_cxt);
        ResultRelInfo* target = pg::compat::index_target(relation);
        ExecOpenIndices(target, false);
        BulkInsertState bulk = source.rows > 1 ? begin_bulk() : nullptr;

        const std::size_t width = std::min(source.rows, kRowsPerWrite);
        auto** slots = static_cast<TupleTableSlot**>(palloc(width * sizeof(TupleTableSlot*)));
        for (std::size_t i = 0; i < width; ++i) {
            slots[i] = table_slot_create(relation, &estate->es_tupleTable);
        }
        for (std::size_t first = 0; first < source.rows; first += width) {
            const std::size_t count = std::min(width, source.rows - first);
            for (std::size_t i = 0; i < count; ++i) {
                fill(slots[i], table, source, first + i);
                if (RelationGetDescr(relation)->constr != nullptr) {
                    ExecConstraints(target, slots[i], estate);
                }
            }
            write(relation, target, estate, slots, static_cast<int>(count), bulk);
        }

        if (bulk != nullptr) {
            FreeBulkInsertState(bulk);
        }
        ExecResetTupleTable(estate->es_tupleTable, false);
        ExecCloseIndices(target);
        MemoryContextSwitchTo(outside);
        FreeExecutorState(estate);
        table_close(relation, NoLock);
        CommandCounterIncrement();
    });
}

}  // namespace pgqrs::engine
