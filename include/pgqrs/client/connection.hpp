// A connection to the server: libpq's, opened and closed here, or the caller's own.
//
// All statements are sent as unnamed extended queries, so they work through PgBouncer in transaction mode whatever its
// version; the server keeps the plans of what the functions do.
//
// A lost connection stays lost until reopen(): nothing is opened again in silence, because what belongs to the session
// (settings, temporary tables, prepared statements, advisory locks, LISTEN) is lost with it. The first error says
// whether the same can be repeated (retryable(), in_doubt()); each later one is 08003 and is not retryable.
//
// Threads: a Connection, its Transaction and all that refers to it are used by one thread at a time. A Result belongs to
// nobody else and may be handed on to another thread.
// ABI: Connection, Transaction and Result change inside with minor versions; Statement gets members.
#pragma once

#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "pgqrs/client/config.hpp"
#include "pgqrs/client/error.hpp"

struct pg_conn;
struct pg_result;

namespace pgqrs {

class Stop;

// A parameter: text as PostgreSQL reads it, or NULL.
using Parameter = std::optional<std::string>;

struct Statement {
    std::string sql = {};  // one statement; parameters are $1, $2...
    std::vector<Parameter> parameters = {};
};

// The rows of a statement. Views into it live as long as it does.
class Result {
public:
    explicit Result(pg_result* raw);

    int rows() const noexcept;
    int columns() const noexcept;
    // The command's tag: "SELECT 1", "COMMIT"...
    std::string command() const;
    // Rows an INSERT, UPDATE, DELETE, MERGE or SELECT was about.
    std::int64_t affected() const noexcept;
    // nullopt: NULL. Positions count from 0.
    std::optional<std::string_view> get(int row, int column) const;
    std::string text(int row, int column) const;      // NULL is ""
    std::int64_t integer(int row, int column) const;  // NULL is 0
    bool boolean(int row, int column) const;          // NULL is false
    bool is_null(int row, int column) const noexcept;

private:
    struct Clear {
        void operator()(pg_result* raw) const noexcept;
    };
    std::unique_ptr<pg_result, Clear> raw_;
};

class Connection {
public:
    // Opens a connection; raises ConnectionError, whose text never has the password.
    explicit Connection(const Config& config);
    explicit Connection(const std::string& dsn);
    // Uses a connection of the caller, who keeps it, closes it after this object, and may have a transaction open on it. Its
    // client_encoding must be UTF8 (InvalidArgument).
    static Connection borrow(pg_conn* raw);

    Connection(Connection&& other) noexcept;
    Connection& operator=(Connection&& other) noexcept;
    ~Connection();

    // Runs one statement of the application. Raises ServerError, or ConnectionError when the connection is lost, which is
    // in_doubt when the statement was a COMMIT or no transaction was open: it may have been committed. With a stop, the
    // statement is cancelled when that is requested (Stopped); if the server does not react for seconds, the connection is
    // given up.
    Result execute(const std::string& sql, const std::vector<Parameter>& parameters = {},
                   const Stop* stop = nullptr);

    // Runs a query and calls `visit` with each row as it arrives, as a result of one row, so that one is in memory at a
    // time. For reading only: what `visit` raises leaves the statement to go on to its end.
    void for_each_row(const std::string& sql, const std::vector<Parameter>& parameters,
                      const std::function<void(const Result& row)>& visit);

    // Sends all statements at once and reads their results: one round trip. Outside of a transaction they are one of
    // their own, all or nothing.
    std::vector<Result> pipeline(const std::vector<Statement>& statements);

    // From now on all statements are cancelled when the stop is requested, as if each had been given it; null: none are.
    void stop_with(const Stop* stop) noexcept { stop_ = stop; }
    // From now on called with the text of each statement before it is sent: for logs. It has no parameters' values.
    void trace_with(std::function<void(const std::string& sql)> trace) {
        trace_ = std::move(trace);
    }

    bool in_transaction() const noexcept;  // also a failed one
    bool usable() const noexcept;          // false: lost
    // The same after a look whether the server has closed it meanwhile; does not wait.
    bool check_usable() noexcept;
    // In the middle of something that was begun with raw(): a pipeline, a query whose results were not read.
    bool busy() const noexcept;
    // Breaks the connection, whatever it is doing; usable() is false then. The server rolls back.
    void give_up() noexcept;
    // Closes and opens it again; raises ConnectionError, Stopped, or Error when it is borrowed.
    void reopen(const Stop* stop = nullptr);
    bool borrowed() const noexcept { return !owned_; }
    pg_conn* raw() const noexcept { return raw_; }
    const Config& config() const noexcept { return config_; }

private:
    friend class Transaction;
    Connection(pg_conn* raw, bool owned);
    void close() noexcept;

    pg_conn* raw_ = nullptr;
    bool owned_ = true;
    Config config_;
    int generation_ = 0;  // how often it was opened
    const Stop* stop_ = nullptr;
    std::function<void(const std::string&)> trace_;
};

// BEGIN now, ROLLBACK at the end of the scope unless committed. What producers, consumers and the application do on the
// connection meanwhile is one transaction.
class Transaction {
public:
    explicit Transaction(Connection& connection);  // raises Error when one is open already
    ~Transaction();
    Transaction(const Transaction&) = delete;
    Transaction& operator=(const Transaction&) = delete;

    // Raises ServerError when a statement had failed before or the commit does; ConnectionError that is in_doubt when the
    // connection is lost meanwhile; Error (25P01) when the transaction is gone: ended by a statement, or the connection was
    // opened again.
    void commit();
    void rollback();

private:
    bool still_there() const noexcept;

    Connection& connection_;
    int generation_ = 0;
    bool open_ = true;
};

}  // namespace pgqrs
