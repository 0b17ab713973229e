// See insert.hpp.
#include "pgqrs/pg/insert.hpp"

#include <algorithm>
#include <cstring>

#include "pgqrs/pg/guard.hpp"

namespace pgqrs::pg {
namespace {

constexpr std::size_t kRowsPerWrite = 256;

void require_insert_privilege(Relation relation) {
    const AclResult allowed =
        pg_class_aclcheck(RelationGetRelid(relation), GetUserId(), ACL_INSERT);
    if (allowed != ACLCHECK_OK) {
        aclcheck_error(allowed, OBJECT_TABLE, RelationGetRelationName(relation));
    }
}

// For each attribute of the table its place among the columns, -1 for dropped ones.
int* match(TupleDesc shape, std::span<const Column> columns) {
    auto* places = static_cast<int*>(palloc(shape->natts * sizeof(int)));
    for (int i = 0; i < shape->natts; ++i) {
        const char* name = NameStr(TupleDescAttr(shape, i)->attname);
        places[i] = -1;
        for (std::size_t c = 0; c < columns.size() && places[i] < 0; ++c) {
            places[i] = std::strcmp(columns[c].name, name) == 0 ? static_cast<int>(c) : -1;
        }
    }
    return places;
}

void fill(TupleTableSlot* slot, const int* places, const Value* row) {
    ExecClearTuple(slot);
    for (int i = 0; i < slot->tts_tupleDescriptor->natts; ++i) {
        const bool present = places[i] >= 0;
        slot->tts_isnull[i] = !present || row[places[i]].null;
        slot->tts_values[i] = present ? row[places[i]].datum : Datum{0};
    }
    ExecStoreVirtualTuple(slot);
}

void write(Relation relation, ResultRelInfo* target, EState* estate, TupleTableSlot** slots,
           int count) {
    const CommandId command = GetCurrentCommandId(true);
    if (count == 1) {
        table_tuple_insert(relation, slots[0], command, 0, nullptr);
    } else {
        table_multi_insert(relation, slots, count, command, 0, nullptr);
    }
    for (int i = 0; i < count && target->ri_NumIndices > 0; ++i) {
        compat::insert_index_tuples(target, slots[i], estate, false, compat::IndexWork::all);
        ResetPerTupleExprContext(estate);
    }
}

}  // namespace

void insert_rows(Oid oid, std::span<const Column> columns, std::span<const Value> cells) {
    guard([&] {
        // So that the calling statement takes the rows for the work of another command.
        CommandCounterIncrement();
        Relation relation = table_open(oid, RowExclusiveLock);
        require_insert_privilege(relation);

        EState* estate = CreateExecutorState();
        const MemoryContext outside = MemoryContextSwitchTo(estate->es_query_cxt);
        ResultRelInfo* target = makeNode(ResultRelInfo);
        InitResultRelInfo(target, relation, 0, nullptr, 0);
        ExecOpenIndices(target, false);

        const int* places = match(RelationGetDescr(relation), columns);
        const std::size_t rows = cells.size() / columns.size();
        const std::size_t width = std::min(rows, kRowsPerWrite);
        auto** slots = static_cast<TupleTableSlot**>(palloc(width * sizeof(TupleTableSlot*)));
        for (std::size_t i = 0; i < width; ++i) {
            slots[i] = table_slot_create(relation, &estate->es_tupleTable);
        }
        for (std::size_t first = 0; first < rows; first += width) {
            const std::size_t count = std::min(width, rows - first);
            for (std::size_t i = 0; i < count; ++i) {
                fill(slots[i], places, &cells[(first + i) * columns.size()]);
                slots[i]->tts_tableOid = oid;
                if (RelationGetDescr(relation)->constr != nullptr) {
                    ExecConstraints(target, slots[i], estate);
                }
            }
            write(relation, target, estate, slots, static_cast<int>(count));
        }

        ExecResetTupleTable(estate->es_tupleTable, false);
        ExecCloseIndices(target);
        MemoryContextSwitchTo(outside);
        FreeExecutorState(estate);
        table_close(relation, NoLock);
        CommandCounterIncrement();
    });
}

}  // namespace pgqrs::pg
