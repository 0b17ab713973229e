// Code at the top level of a process that calls procedures which end transactions, and outlives their errors.
//
// An error of a procedure that ends transactions cannot be caught in a subtransaction, for none can be open
// while it commits. So it is dealt with as PostgreSQL's main loop deals with an error of a statement: all of
// the transaction is rolled back, whatever was going on inside of it is cleaned up, and a new transaction
// begins. That is possible only where nothing else is going on in the process: in a background worker, and in a
// procedure that the client itself has called.
#pragma once

#include <optional>
#include <string>

#include "pg/boundary.hpp"

namespace pgqrs::pg {

// An error that was dealt with.
struct Failure {
    std::string code;
    std::string message;
    std::string detail;
    std::string hint;
    std::string context;
};

// Raises the failure again.
class FailedAgain : public std::exception {
public:
    explicit FailedAgain(const Failure& failure) : failure_(failure) {}
    const char* what() const noexcept override { return failure_.message.c_str(); }
    const Failure& failure() const noexcept { return failure_; }

private:
    Failure failure_;
};

enum class Isolation {
    read_committed,
    of_session,  // default_transaction_isolation
};

class TopLevel {
public:
    // Of a background worker, outside of a transaction: begins one.
    TopLevel();
    // Of a session, whose client has called the procedure. Raises 25001 otherwise.
    TopLevel(FunctionCallInfo info, const char* name);
    TopLevel(const TopLevel&) = delete;
    TopLevel& operator=(const TopLevel&) = delete;

    // Commits; the next transaction has begun.
    void commit();

    // Runs `body`, which may throw, in the transaction under way, and answers what went wrong: then the
    // transaction was rolled back, and the next one has begun. Memory that `body` allocates is gone. The isolation
    // level is that of a transaction that has done nothing before.
    template <class Body>
    std::optional<Failure> attempt(Body&& body, Isolation isolation = Isolation::read_committed) {
        std::optional<Failure> failure;
        enter(isolation);
        try {
            body();
        } catch (...) {
            failure = describe_current_failure();
        }
        if (failure) {
            recover();
        }
        leave();
        return failure;
    }

    // Inside attempt(): a CALL of a procedure that may end transactions. Answers the first column of its result,
    // in memory that lasts until the end of the attempt; nothing when it has none.
    std::optional<Value> call(const std::string& command, std::initializer_list<Value> values);

    // Of a background worker: ends the transaction.
    void finish();

private:
    static Failure describe_current_failure();
    void begin_transaction();
    void enter(Isolation isolation);
    void leave();
    void recover();

    Portal portal_;
    MemoryContext outside_;  // of a session: where the caller's memory is
    MemoryContext memory_;   // of one attempt
};

}  // namespace pgqrs::pg
