// PostgreSQL's headers for C++, and every difference between server versions 15 to 18. Standard
// headers come first: PostgreSQL redefines snprintf and friends as macros.
#pragma once

#include <cstddef>
#include <cstdint>
#include <cstdio>
#include <exception>
#include <string>
#include <string_view>

#include <pg_config.h>

// Before 16, PostgreSQL does not mark the functions it must find in the library.
#if PG_VERSION_NUM < 160000
#define PGDLLEXPORT __attribute__((visibility("default")))
#endif

extern "C" {
#include <postgres.h>

#include <access/detoast.h>
#include <access/genam.h>
#include <access/heapam.h>
#include <access/hio.h>
#include <access/htup_details.h>
#include <access/multixact.h>
#include <access/skey.h>
#include <access/stratnum.h>
#include <access/table.h>
#include <access/tupconvert.h>
#include <access/tableam.h>
#include <access/transam.h>
#include <access/xact.h>
#include <access/xlog.h>
#include <catalog/dependency.h>
#include <catalog/namespace.h>
#include <catalog/objectaccess.h>
#include <catalog/objectaddress.h>
#include <catalog/pg_inherits.h>
#include <catalog/pg_rewrite.h>
#include <catalog/pg_trigger.h>
#include <catalog/pg_am.h>
#include <catalog/pg_class.h>
#include <catalog/pg_database.h>
#include <catalog/pg_extension.h>
#include <catalog/pg_index.h>
#include <catalog/pg_namespace.h>
#include <catalog/pg_proc.h>
#include <catalog/pg_type.h>
#include <commands/async.h>
#include <commands/extension.h>
#include <commands/sequence.h>
#include <commands/trigger.h>
#include <commands/vacuum.h>
#include <common/hashfn.h>
#include <common/pg_prng.h>
#include <executor/executor.h>
#include <executor/nodeModifyTable.h>
#include <executor/spi.h>
#include <executor/tstoreReceiver.h>
#include <fmgr.h>
#include <funcapi.h>
#include <jit/jit.h>
#include <mb/pg_wchar.h>
#include <miscadmin.h>
#include <nodes/execnodes.h>
#include <nodes/makefuncs.h>
#include <nodes/nodeFuncs.h>
#include <nodes/parsenodes.h>
#include <optimizer/cost.h>
#include <parser/parse_func.h>
#include <parser/parse_relation.h>
#include <pgstat.h>
#include <postmaster/bgworker.h>
#include <postmaster/interrupt.h>
#include <rewrite/prs2lock.h>
#include <rewrite/rewriteDefine.h>
#include <rewrite/rewriteHandler.h>
#include <storage/bufmgr.h>
#include <storage/ipc.h>
#include <storage/latch.h>
#include <storage/lmgr.h>
#include <storage/lock.h>
#include <storage/lwlock.h>
#include <storage/proc.h>
#include <storage/procarray.h>
#include <storage/shmem.h>
#include <storage/sinval.h>
#include <tcop/pquery.h>
#include <tcop/tcopprot.h>
#include <tcop/utility.h>
#include <utils/acl.h>
#include <utils/array.h>
#include <utils/builtins.h>
#include <utils/datum.h>
#include <utils/fmgroids.h>
#include <utils/guc.h>
#include <utils/hsearch.h>
#include <utils/inval.h>
#include <utils/jsonb.h>
#include <utils/lsyscache.h>
#include <utils/memutils.h>
#include <utils/plancache.h>
#include <utils/portal.h>
#include <utils/regproc.h>
#include <utils/resowner.h>
#include <utils/rel.h>
#include <utils/relcache.h>
#include <utils/rls.h>
#include <utils/snapmgr.h>
#include <utils/syscache.h>
#include <utils/timeout.h>
#include <utils/timestamp.h>
#include <utils/wait_event.h>
}

namespace pgqrs::pg::compat {

// The number of this backend's transaction, which it has from its beginning on. 17 moved it.
inline LocalTransactionId local_transaction() {
#if PG_VERSION_NUM >= 170000
    return MyProc->vxid.lxid;
#else
    return MyProc->lxid;
#endif
}

// Calls visit(child, null) for what an expression is made of, until one answers true. 16 gave the visitor a
// type. May raise.
inline bool walk_expression(Node* node, bool (*visit)(Node*, void*)) {
#if PG_VERSION_NUM >= 160000
    return expression_tree_walker(node, visit, nullptr);
#else
    return expression_tree_walker(
        node, reinterpret_cast<bool (*)()>(reinterpret_cast<void (*)()>(visit)), nullptr);
#endif
}

// What an update or insert asks of the indexes. 16 added summarizing indexes (BRIN), which even a HOT
// update changes.
enum class IndexWork { none, all, summarizing };

// A table whose indexes are to be written, and no more: InitResultRelInfo() would copy the table's
// triggers, at a microsecond each time. May raise.
inline ResultRelInfo* index_target(Relation relation) {
    ResultRelInfo* target = makeNode(ResultRelInfo);
    target->ri_RelationDesc = relation;
    return target;
}

// 16 added onlySummarizing. May raise.
inline List* insert_index_tuples(ResultRelInfo* relation, TupleTableSlot* slot, EState* estate,
                                 bool update, [[maybe_unused]] IndexWork work) {
#if PG_VERSION_NUM >= 160000
    return ExecInsertIndexTuples(relation, slot, estate, update, false, nullptr, NIL,
                                 work == IndexWork::summarizing);
#else
    return ExecInsertIndexTuples(relation, slot, estate, update, false, nullptr, NIL);
#endif
}

// Updates a row; when it was done, `work` is what its indexes need. May raise.
inline TM_Result try_update_row(Relation relation, ItemPointer place, TupleTableSlot* row,
                                CommandId command, Snapshot snapshot, TM_FailureData* failure,
                                IndexWork* work) {
    LockTupleMode mode;
#if PG_VERSION_NUM >= 160000
    TU_UpdateIndexes indexes = TU_None;
#else
    bool indexes = false;
#endif
    const TM_Result result = table_tuple_update(relation, place, row, command, snapshot,
                                                InvalidSnapshot, true, failure, &mode, &indexes);
#if PG_VERSION_NUM >= 160000
    *work = indexes == TU_All           ? IndexWork::all
            : indexes == TU_Summarizing ? IndexWork::summarizing
                                        : IndexWork::none;
#else
    *work = indexes ? IndexWork::all : IndexWork::none;
#endif
    return result;
}

// Gives the executor a range table of one table, of which an UPDATE writes these columns. 16 moved
// the columns to the permissions, 18 wants to know of partitions. May raise.
inline void init_range_table(EState* estate, Relation relation, Bitmapset* written) {
    RangeTblEntry* entry = makeNode(RangeTblEntry);
    entry->rtekind = RTE_RELATION;
    entry->relid = RelationGetRelid(relation);
    entry->relkind = relation->rd_rel->relkind;
    entry->rellockmode = RowExclusiveLock;
#if PG_VERSION_NUM >= 160000
    List* permissions = NIL;
    addRTEPermissionInfo(&permissions, entry)->updatedCols = written;
#if PG_VERSION_NUM >= 180000
    ExecInitRangeTable(estate, list_make1(entry), permissions, bms_make_singleton(1));
#else
    ExecInitRangeTable(estate, list_make1(entry), permissions);
#endif
#else
    entry->updatedCols = written;
    ExecInitRangeTable(estate, list_make1(entry));
#endif
}

// Fires the BEFORE triggers of a row that the caller has locked; false when one suppresses the
// change. 16 and 18 added arguments. May raise.
inline bool fire_before_update(EState* estate, EPQState* recheck, ResultRelInfo* target,
                               ItemPointer place, TupleTableSlot* row) {
    TM_FailureData failure;
#if PG_VERSION_NUM >= 180000
    TM_Result result;
    return ExecBRUpdateTriggers(estate, recheck, target, place, nullptr, row, &result, &failure,
                                false);
#elif PG_VERSION_NUM >= 160000
    TM_Result result;
    return ExecBRUpdateTriggers(estate, recheck, target, place, nullptr, row, &result, &failure);
#else
    return ExecBRUpdateTriggers(estate, recheck, target, place, nullptr, row, &failure);
#endif
}

inline bool fire_before_delete(EState* estate, EPQState* recheck, ResultRelInfo* target,
                               ItemPointer place) {
#if PG_VERSION_NUM >= 180000
    TM_Result result;
    TM_FailureData failure;
    return ExecBRDeleteTriggers(estate, recheck, target, place, nullptr, nullptr, &result, &failure,
                                false);
#elif PG_VERSION_NUM >= 160000
    TM_Result result;
    TM_FailureData failure;
    return ExecBRDeleteTriggers(estate, recheck, target, place, nullptr, nullptr, &result,
                                &failure);
#else
    return ExecBRDeleteTriggers(estate, recheck, target, place, nullptr, nullptr);
#endif
}

// 18 added instrumentation. May raise.
inline IndexScanDesc begin_index_scan(Relation relation, Relation index, Snapshot snapshot,
                                      int keys) {
#if PG_VERSION_NUM >= 180000
    return index_beginscan(relation, index, snapshot, nullptr, keys, 0);
#else
    return index_beginscan(relation, index, snapshot, keys, 0);
#endif
}

// What pg_stat_activity says of a process that waits for messages; 17 made it nameable. May raise.
inline std::uint32_t wait_event() {
#if PG_VERSION_NUM >= 170000
    static std::uint32_t event = 0;
    if (event == 0) {
        event = WaitEventExtensionNew("PgqrsWait");
    }
    return event;
#else
    return PG_WAIT_EXTENSION;
#endif
}

// Vacuums the tables of a list of VacuumRelation, as a worker of autovacuum does; the list and the buffers
// lie in `memory`. 16 parted the main table from its TOAST table, gave the memory an argument and the numbers of the
// database a way to skip them, 18 freezes eagerly. Call in a transaction of its own. May raise.
inline void vacuum_tables(List* tables, BufferAccessStrategy buffers,
                          [[maybe_unused]] MemoryContext memory) {
    VacuumParams params{};
    params.options = VACOPT_VACUUM | VACOPT_PROCESS_TOAST | VACOPT_SKIP_LOCKED;
    params.freeze_min_age = -1;
    params.freeze_table_age = -1;
    params.multixact_freeze_min_age = -1;
    params.multixact_freeze_table_age = -1;
    params.log_min_duration = -1;
    params.index_cleanup = VACOPTVALUE_UNSPECIFIED;
    params.truncate = VACOPTVALUE_DISABLED;
    params.nworkers = -1;
#if PG_VERSION_NUM >= 180000
    params.max_eager_freeze_failure_rate = vacuum_max_eager_freeze_failure_rate;
#endif
#if PG_VERSION_NUM >= 160000
    params.options |= VACOPT_PROCESS_MAIN | VACOPT_SKIP_DATABASE_STATS;
    vacuum(tables, &params, buffers, memory, true);
#else
    vacuum(tables, &params, buffers, true);
#endif
}

// The parts of a name that may have a schema. 16 added an argument. May raise.
inline List* name_parts(const char* text) {
#if PG_VERSION_NUM >= 160000
    return stringToQualifiedNameList(text, nullptr);
#else
    return stringToQualifiedNameList(text);
#endif
}

// A worker's connection as a role that may not log in; 17 added it.
inline constexpr std::uint32_t kAnyRole =
#if PG_VERSION_NUM >= 170000
    BGWORKER_BYPASS_ROLELOGINCHECK;
#else
    0;
#endif

// The settings that break off what takes long; 17 added the last one.
inline constexpr const char* kTimeouts[] = {
    "statement_timeout",
    "lock_timeout",
    "idle_in_transaction_session_timeout",
#if PG_VERSION_NUM >= 170000
    "transaction_timeout",
#endif
};

// Number of this process among all that can have transactions: 0 to MaxBackends - 1.
inline int process_number() {
#if PG_VERSION_NUM >= 170000
    return MyProcNumber;
#else
    return MyProc->pgprocno;
#endif
}

// 18 added deferrable keys. InvalidOid without a valid, immediate one. May raise.
inline Oid primary_key_index(Relation relation) {
#if PG_VERSION_NUM >= 180000
    return RelationGetPrimaryKeyIndex(relation, false);
#else
    return RelationGetPrimaryKeyIndex(relation);
#endif
}

}  // namespace pgqrs::pg::compat
