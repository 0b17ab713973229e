#include "pg/background_worker.hpp"

#include <algorithm>
#include <climits>

#include "pg/user.hpp"

namespace pgqrs::pg {
namespace {

// Raises the error and catches it, so that it is PostgreSQL's current one.
void make_current(const PlainError& error) {
    const ErrorHandlerScope scope;
    sigjmp_buf here;

    if (sigsetjmp(here, 0) == 0) {
        PG_exception_stack = &here;
        raise(error);
    }
}

void override_setting(const char* name, const char* value) {
    SetConfigOption(name, value, PGC_SUSET, PGC_S_OVERRIDE);
}

BackgroundWorker description_of(const WorkerProgram& program, Oid database) {
    BackgroundWorker worker{};
    worker.bgw_flags = BGWORKER_SHMEM_ACCESS | BGWORKER_BACKEND_DATABASE_CONNECTION;
    worker.bgw_start_time = BgWorkerStart_RecoveryFinished;
    worker.bgw_restart_time = program.restarts ? 0 : BGW_NEVER_RESTART;
    worker.bgw_main_arg = ObjectIdGetDatum(database);
    strlcpy(worker.bgw_library_name, "pgqrs", sizeof worker.bgw_library_name);
    strlcpy(worker.bgw_function_name, program.function, sizeof worker.bgw_function_name);
    strlcpy(worker.bgw_name, program.name, sizeof worker.bgw_name);
    strlcpy(worker.bgw_type, program.name, sizeof worker.bgw_type);
    return worker;
}

}  // namespace

bool start_background_worker(const WorkerProgram& program, Oid database) {
    BackgroundWorker worker = description_of(program, database);
    return RegisterDynamicBackgroundWorker(&worker, nullptr);
}

BackgroundWorkerHandle* start_followed_worker(const WorkerProgram& program, Oid database) {
    return guard([&] {
        // The handle lives as long as the process.
        const MemoryContext before = MemoryContextSwitchTo(TopMemoryContext);
        BackgroundWorker worker = description_of(program, database);
        worker.bgw_notify_pid = MyProcPid;
        BackgroundWorkerHandle* handle = nullptr;
        if (!RegisterDynamicBackgroundWorker(&worker, &handle)) {
            handle = nullptr;
        }
        MemoryContextSwitchTo(before);
        return handle;
    });
}

bool has_ended(BackgroundWorkerHandle* worker) {
    return guard([&] {
        pid_t pid;
        if (GetBackgroundWorkerPid(worker, &pid) != BGWH_STOPPED) {
            return false;
        }
        pfree(worker);
        return true;
    });
}

void run_with_server(const WorkerProgram& program) {
    guard([&] {
        BackgroundWorker worker = description_of(program, InvalidOid);
        worker.bgw_restart_time = 1;
        RegisterBackgroundWorker(&worker);
    });
}

void accept_signals() {
    guard([] {
        pqsignal(SIGTERM, die);
        pqsignal(SIGHUP, SignalHandlerForConfigReload);
        BackgroundWorkerUnblockSignals();
    });
}

namespace {

void connect(Oid database) {
    guard([&] {
        override_setting("search_path", "");
        for (const char* timeout : compat::kTimeouts) {
            override_setting(timeout, "0");
        }
        override_setting("default_transaction_isolation", "read committed");
        override_setting("default_transaction_read_only", "off");
        override_setting("session_replication_role", "origin");
        // Sessions that are connected already go on where new ones may not connect, and so does this.
        BackgroundWorkerInitializeConnectionByOid(database, InvalidOid, BGWORKER_BYPASS_ALLOWCONN);
    });
}

}  // namespace

void connect_as(Oid database, Oid role) {
    guard([&] {
        override_setting("default_transaction_isolation", "read committed");
        override_setting("default_transaction_read_only", "off");
        override_setting("session_replication_role", "origin");
        // The role may have another one set for its sessions.
        override_setting("role", "none");
        BackgroundWorkerInitializeConnectionByOid(database, role, compat::kAnyRole);
    });
}

void accept_signals_of_launcher() {
    guard([] {
        pqsignal(SIGTERM, SignalHandlerForShutdownRequest);
        pqsignal(SIGHUP, SignalHandlerForConfigReload);
        BackgroundWorkerUnblockSignals();
    });
}

void end_if_asked() {
    guard([] {
        if (ShutdownRequestPending) {
            // Not 0, which would end it for good.
            proc_exit(1);
        }
    });
}

void connect_to_database(Oid database) { connect(database); }

void connect_to_server() { connect(InvalidOid); }

std::vector<Oid> list_databases() {
    int count = 0;
    const Oid* found = guard([&] {
        Relation relation = table_open(DatabaseRelationId, AccessShareLock);
        TableScanDesc scan = table_beginscan_catalog(relation, 0, nullptr);
        int room = 16;
        Oid* oids = static_cast<Oid*>(palloc(room * sizeof(Oid)));
        while (HeapTuple row = heap_getnext(scan, ForwardScanDirection)) {
            const auto* database = reinterpret_cast<Form_pg_database>(GETSTRUCT(row));
            if (!database->datallowconn || database->datistemplate) {
                continue;
            }
            if (count == room) {
                room *= 2;
                oids = static_cast<Oid*>(repalloc(oids, room * sizeof(Oid)));
            }
            oids[count++] = database->oid;
        }
        table_endscan(scan);
        table_close(relation, AccessShareLock);
        return oids;
    });
    return {found, found + count};
}

ExtensionOwner::ExtensionOwner(const char* extension) {
    GetUserIdAndSecContext(&user_before_, &context_before_);
    const Oid owner = guard([&] { return extension_owner(extension); });
    SetUserIdAndSecContext(owner, context_before_ | SECURITY_RESTRICTED_OPERATION);
}

ExtensionOwner::~ExtensionOwner() { SetUserIdAndSecContext(user_before_, context_before_); }

void log(const std::string& line) {
    const char* text = line.c_str();
    guard([&] { ereport(LOG, (errmsg_internal("%s", text))); });
}

void commit_without_waiting() {
    guard([] { override_setting("synchronous_commit", "off"); });
}

void attend_to_signals() {
    guard([] {
        // There is nothing to cancel.
        QueryCancelPending = false;
        CHECK_FOR_INTERRUPTS();
        if (ConfigReloadPending) {
            ConfigReloadPending = false;
            ProcessConfigFile(PGC_SIGHUP);
        }
    });
}

core::Duration report_idle() {
    return guard([] {
        pgstat_report_activity(STATE_IDLE, nullptr);
        return pgstat_report_stat(false) * core::kMillisecond;
    });
}

bool sleep_on_latch(core::Duration time) {
    return guard([&] {
        // Rounded up: waking too early would be in vain.
        const long milliseconds = static_cast<long>(std::clamp<core::Duration>(
            (time + core::kMillisecond - 1) / core::kMillisecond, 0, INT_MAX));
        const int events = WaitLatch(MyLatch, WL_LATCH_SET | WL_TIMEOUT | WL_EXIT_ON_PM_DEATH,
                                     milliseconds, compat::wait_event());
        ResetLatch(MyLatch);
        return (events & WL_LATCH_SET) != 0;
    });
}

void begin_batch(const char* activity) {
    guard([&] {
        pgstat_report_activity(STATE_RUNNING, activity);
        SetCurrentStatementStartTimestamp();
        StartTransactionCommand();
        PushActiveSnapshot(GetTransactionSnapshot());
    });
}

void begin_last_batch() {
    guard([] {
        AbortOutOfAnyTransaction();
        StartTransactionCommand();
        PushActiveSnapshot(GetTransactionSnapshot());
    });
}

void commit_batch() {
    guard([] {
        PopActiveSnapshot();
        CommitTransactionCommand();
    });
}

void log_and_roll_back(const PlainError& error) {
    make_current(error);
    // An error from here on ends the process: PostgreSQL's own handler for workers has it.
    HOLD_INTERRUPTS();
    EmitErrorReport();
    AbortOutOfAnyTransaction();
    MemoryContextSwitchTo(TopMemoryContext);
    FlushErrorState();
    jit_reset_after_error();
    QueryCancelPending = false;
    RESUME_INTERRUPTS();
}

}  // namespace pgqrs::pg
