// What a background worker asks of PostgreSQL: to be started, signals, a database, transactions of its
// own, and sleep.
//
// A worker reacts to signals as a session does. SIGTERM ends it, at once while it sleeps and at the
// next check for interrupts while it works. SIGHUP has it read the settings again. A cancel request
// ends the transaction under way.
#pragma once

#include <string>
#include <vector>

#include "core/duration.hpp"
#include "pg/boundary.hpp"
#include "pg/guard.hpp"

namespace pgqrs::pg {

// A worker of ours, by the name people see and the function of the library it runs: void(Datum), given
// a database's OID. Both are literals.
struct WorkerProgram {
    const char* name;
    const char* function;
    // Whether PostgreSQL starts it again, at once, when it ends in another way than by returning.
    bool restarts = true;
};

// Has PostgreSQL start the worker for the database; false when there is no room for another one. May raise.
bool start_background_worker(const WorkerProgram& program, Oid database);

// The same for a worker that somebody follows: its end sets the latch of this process. Null when there is no
// room.
BackgroundWorkerHandle* start_followed_worker(const WorkerProgram& program, Oid database);
// Whether it has ended; then the handle is gone.
bool has_ended(BackgroundWorkerHandle* worker);

// Has the server run a worker of no database from its start on. Call while preloading. PostgreSQL starts it
// again a second after it has failed.
void run_with_server(const WorkerProgram& program);

// The first thing a worker calls. From then on it can sleep.
void accept_signals();

// The same for a worker that is there as long as the server: SIGTERM only leaves a note for
// end_if_asked(), so that each stop of the server does not put an error into the log.
void accept_signals_of_launcher();
// Ends the process when SIGTERM has come; PostgreSQL starts it again, unless the server stops.
void end_if_asked();

// Connects to the database as superuser. The settings of a database are meant for its sessions, so
// those that could break a worker do not apply to it.
void connect_to_database(Oid database);

// Connects to the database as the role, with the settings of both, but for the isolation of transactions, which is
// READ COMMITTED.
void connect_as(Oid database, Oid role);

// Connects to no database, for a look at those there are.
void connect_to_server();
// The databases that can be connected to and are no templates. Inside a transaction.
std::vector<Oid> list_databases();

// While it lives, the worker acts as the owner of the extension, so that triggers of others do not run as
// superuser. Inside a transaction.
class ExtensionOwner {
public:
    explicit ExtensionOwner(const char* extension);
    ~ExtensionOwner();
    ExtensionOwner(const ExtensionOwner&) = delete;
    ExtensionOwner& operator=(const ExtensionOwner&) = delete;

private:
    Oid user_before_;
    int context_before_;
};

// A line in the server's log.
void log(const std::string& line);

// Has commits of this process not wait for the disk: for work that may be lost in a crash.
void commit_without_waiting();

// Does what signals asked for. Call outside of transactions.
void attend_to_signals();

// Tells pg_stat_activity and the statistics that the worker has nothing to do; answers how soon, at the
// latest, it should be called again, 0 when it need not be.
core::Duration report_idle();

// Sleeps so long, or until the process's latch is set; answers whether that was set. Ends the process
// when the server is gone. The caller looks for work after it, and attends to signals.
bool sleep_on_latch(core::Duration time);

void begin_batch(const char* activity);
void commit_batch();
void begin_last_batch();
// Writes the error to the server's log and rolls everything back: what PostgreSQL does when a command of
// a session fails.
void log_and_roll_back(const PlainError& error);

// Runs `body` in a transaction while the process ends, from a callback of before_shmem_exit(): rolls back first what
// was under way. It may throw; an error of PostgreSQL ends the process without more ado.
template <class Body>
void end_transaction_at_exit(Body body) {
    try {
        begin_last_batch();
        body();
        commit_batch();
    } catch (...) {
        // There is nobody left to tell.
    }
}

// Runs `batch`, which may throw, in a transaction and with a snapshot; pg_stat_activity shows `activity`
// meanwhile. Answers whether it committed; the error is in the log when not.
template <class Batch>
bool run_in_transaction(const char* activity, Batch batch) {
    PlainError error;
    try {
        begin_batch(activity);
        batch();
        commit_batch();
    } catch (...) {
        error.describe_current();
    }
    if (error.raised) {
        log_and_roll_back(error);
    }
    return !error.raised;
}

}  // namespace pgqrs::pg
