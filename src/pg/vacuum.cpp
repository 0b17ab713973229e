#include "pg/vacuum.hpp"

#include "pg/background_worker.hpp"
#include "pg/guard.hpp"

namespace pgqrs::pg {
namespace {

void set(const char* name, const std::string& value) {
    const char* text = value.c_str();
    guard([&] { SetConfigOption(name, text, PGC_SUSET, PGC_S_OVERRIDE); });
}

// It ends the transaction that it is called in, and begins another one.
void vacuum_below_guard(Oid table) {
    pgstat_report_activity(STATE_RUNNING, "removing dead rows");
    SetCurrentStatementStartTimestamp();
    StartTransactionCommand();
    // It must outlive the transactions. PostgreSQL 15 takes its memory from the portal, and there is none here.
    const MemoryContext memory =
        AllocSetContextCreate(TopMemoryContext, "pgqrs vacuum", ALLOCSET_DEFAULT_SIZES);
    PortalContext = memory;
    const MemoryContext before = MemoryContextSwitchTo(memory);
    List* tables = list_make1(makeVacuumRelation(nullptr, table, NIL));
    BufferAccessStrategy buffers = GetAccessStrategy(BAS_VACUUM);
    MemoryContextSwitchTo(before);
    compat::vacuum_tables(tables, buffers, memory);
    CommitTransactionCommand();
    PortalContext = nullptr;
    MemoryContextDelete(memory);
}

}  // namespace

void give_way_as_autovacuum() noexcept {
    LWLockAcquire(ProcArrayLock, LW_EXCLUSIVE);
    MyProc->statusFlags |= PROC_IS_AUTOVACUUM;
    ProcGlobal->statusFlags[MyProc->pgxactoff] = MyProc->statusFlags;
    LWLockRelease(ProcArrayLock);
}

bool vacuum_table(Oid table, const VacuumPace& pace) {
    PlainError error;
    try {
        set("vacuum_cost_delay", pace.cost_delay);
        set("vacuum_cost_limit", pace.cost_limit);
        guard([&] { vacuum_below_guard(table); });
    } catch (...) {
        error.describe_current();
    }
    if (error.raised) {
        log_and_roll_back(error);
        PortalContext = nullptr;
    }
    return !error.raised;
}

std::int64_t oldest_needed_by(Oid table) {
    return guard([&] {
        Relation relation = table_open(table, AccessShareLock);
        const TransactionId oldest = GetOldestNonRemovableTransactionId(relation);
        table_close(relation, AccessShareLock);
        const FullTransactionId next = ReadNextFullTransactionId();
        const TransactionId distance = XidFromFullTransactionId(next) - oldest;
        return static_cast<std::int64_t>(U64FromFullTransactionId(next) - distance);
    });
}

}  // namespace pgqrs::pg
