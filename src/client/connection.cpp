// Sending and reading is in exchange.cpp.
#include "pgqrs/client/connection.hpp"

#include <algorithm>
#include <charconv>
#include <string>
#include <utility>

#include <libpq-fe.h>

#include "exchange.hpp"
#include "opening.hpp"
#include "pgqrs/client/stop.hpp"

namespace pgqrs {
namespace {

// Where the statement begins: behind blanks and comments.
std::size_t start_of(std::string_view sql) {
    std::size_t at = 0;
    for (;;) {
        at = std::min(sql.find_first_not_of(" \t\r\n\f\v", at), sql.size());
        if (sql.substr(at).starts_with("--")) {
            at = sql.find('\n', at);
        } else if (sql.substr(at).starts_with("/*")) {
            at = sql.find("*/", at + 2);
            at += at == std::string_view::npos ? 0 : 2;
        } else {
            return at;
        }
        if (at == std::string_view::npos) {
            return sql.size();
        }
    }
}

std::string first_word(std::string_view sql) {
    std::string word;
    for (const char c : sql.substr(start_of(sql))) {
        if ((c < 'a' || c > 'z') && (c < 'A' || c > 'Z')) {
            break;
        }
        word += static_cast<char>(c & ~0x20);
    }
    return word;
}

// Whether losing the connection leaves open what happened: the statement commits, by itself or by its name.
bool may_commit(PGconn* connection, const std::string& sql) {
    if (PQtransactionStatus(connection) == PQTRANS_IDLE) {
        return true;
    }
    const std::string word = first_word(sql);
    return word == "COMMIT" || word == "END" || word == "PREPARE";
}

std::string pg_encoding_of(PGconn* connection) {
    const char* const encoding = PQparameterStatus(connection, "client_encoding");
    return encoding == nullptr ? "UTF8" : encoding;
}

std::int64_t number(std::string_view text) {
    std::int64_t value = 0;
    std::from_chars(text.data(), text.data() + text.size(), value);
    return value;
}

}  // namespace

Result::Result(pg_result* raw) : raw_(raw) {}
void Result::Clear::operator()(pg_result* raw) const noexcept { PQclear(raw); }
int Result::rows() const noexcept { return PQntuples(raw_.get()); }
int Result::columns() const noexcept { return PQnfields(raw_.get()); }
std::int64_t Result::affected() const noexcept { return number(PQcmdTuples(raw_.get())); }
std::string Result::command() const { return PQcmdStatus(raw_.get()); }

bool Result::is_null(int row, int column) const noexcept {
    return PQgetisnull(raw_.get(), row, column) == 1;
}

std::optional<std::string_view> Result::get(int row, int column) const {
    if (is_null(row, column)) {
        return std::nullopt;
    }
    return std::string_view(PQgetvalue(raw_.get(), row, column),
                            static_cast<std::size_t>(PQgetlength(raw_.get(), row, column)));
}

std::string Result::text(int row, int column) const {
    return std::string(get(row, column).value_or(""));
}
std::int64_t Result::integer(int row, int column) const {
    return number(get(row, column).value_or("0"));
}
bool Result::boolean(int row, int column) const { return get(row, column).value_or("f") == "t"; }

Connection::Connection(const Config& config) : config_(config) {
    config_.check();
    reopen();
}

Connection::Connection(const std::string& dsn) : Connection(Config::from_dsn(dsn)) {}

Connection::Connection(pg_conn* raw, bool owned) : raw_(raw), owned_(owned) {}

Connection Connection::borrow(pg_conn* raw) {
    if (raw == nullptr) {
        throw InvalidArgument(Error::Parts{"PQ010", "no connection to borrow: null"});
    }
    if (PQstatus(raw) == CONNECTION_OK && pg_encoding_of(raw) != "UTF8") {
        throw InvalidArgument(Error::Parts{
            "PQ010", "the connection to borrow has the encoding " + pg_encoding_of(raw), "",
            "Set its client_encoding to UTF8: JSON is UTF-8."});
    }
    return Connection(raw, false);
}

Connection::Connection(Connection&& other) noexcept
    : raw_(std::exchange(other.raw_, nullptr)),
      owned_(other.owned_),
      config_(std::move(other.config_)),
      generation_(other.generation_),
      stop_(other.stop_),
      trace_(std::move(other.trace_)) {}

Connection& Connection::operator=(Connection&& other) noexcept {
    if (this != &other) {
        close();
        raw_ = std::exchange(other.raw_, nullptr);
        owned_ = other.owned_;
        config_ = std::move(other.config_);
        generation_ = other.generation_;
        stop_ = other.stop_;
        trace_ = std::move(other.trace_);
    }
    return *this;
}

Connection::~Connection() { close(); }

void Connection::close() noexcept {
    if (owned_) {
        PQfinish(std::exchange(raw_, nullptr));
    }
}

void Connection::reopen(const Stop* stop) {
    if (!owned_) {
        throw Error(Error::Parts{"", "a borrowed connection is opened by its owner"});
    }
    close();
    ++generation_;
    raw_ = open_connection(config_, stop == nullptr ? stop_ : stop);
}

Result Connection::execute(const std::string& sql, const std::vector<Parameter>& parameters,
                           const Stop* stop) {
    Exchange exchange(raw_, stop == nullptr ? stop_ : stop);
    if (trace_) {
        trace_(sql);
    }
    const bool in_doubt = may_commit(raw_, sql);
    exchange.send(sql, parameters);
    return exchange.receive(in_doubt);
}

void Connection::for_each_row(const std::string& sql, const std::vector<Parameter>& parameters,
                              const std::function<void(const Result& row)>& visit) {
    Exchange exchange(raw_, stop_);
    if (trace_) {
        trace_(sql);
    }
    exchange.send(sql, parameters);
    exchange.receive_rows(visit);
}

std::vector<Result> Connection::pipeline(const std::vector<Statement>& statements) {
    for (const auto& statement : statements) {
        // libpq cannot get out of a COPY inside a pipeline.
        if (first_word(statement.sql) == "COPY") {
            throw Error(Error::Parts{"0A000", "COPY is not supported in a pipeline"});
        }
    }
    Exchange exchange(raw_, stop_);
    for (const auto& statement : statements) {
        if (trace_) {
            trace_(statement.sql);
        }
    }
    const bool in_doubt =
        std::any_of(statements.begin(), statements.end(),
                    [&](const auto& statement) { return may_commit(raw_, statement.sql); });
    return exchange.pipeline(statements, in_doubt);
}

bool Connection::in_transaction() const noexcept {
    const auto status = PQtransactionStatus(raw_);
    return status == PQTRANS_INTRANS || status == PQTRANS_INERROR || status == PQTRANS_ACTIVE;
}

bool Connection::usable() const noexcept {
    return raw_ != nullptr && PQstatus(raw_) == CONNECTION_OK;
}

bool Connection::busy() const noexcept {
    return PQpipelineStatus(raw_) != PQ_PIPELINE_OFF || PQtransactionStatus(raw_) == PQTRANS_ACTIVE;
}

void Connection::give_up() noexcept { pgqrs::give_up(raw_); }

bool Connection::check_usable() noexcept { return usable() && !notice_loss(raw_); }

Transaction::Transaction(Connection& connection) : connection_(connection) {
    if (connection_.in_transaction()) {
        throw Error(Error::Parts{"25001", "a transaction is open on this connection already"});
    }
    connection_.execute("BEGIN");
    generation_ = connection_.generation_;
}

Transaction::~Transaction() {
    try {
        rollback();
    } catch (const std::exception&) {
        // The connection is lost, and the transaction with it.
    }
}

bool Transaction::still_there() const noexcept {
    return connection_.generation_ == generation_ && connection_.usable() &&
           connection_.in_transaction();
}

void Transaction::commit() {
    if (!std::exchange(open_, false)) {
        throw Error(Error::Parts{"25P01", "the transaction has ended already"});
    }
    if (connection_.usable() && !still_there()) {
        throw Error(
            Error::Parts{"25P01", "the transaction is gone",
                         "It was ended by a statement, or the connection was opened again."});
    }
    // The server answers a COMMIT after a failed statement with a successful ROLLBACK.
    if (connection_.execute("COMMIT").command() == "ROLLBACK") {
        throw ServerError(
            Error::Parts{"25P02", "the transaction was rolled back: a statement in it had failed"});
    }
}

void Transaction::rollback() {
    if (!std::exchange(open_, false) || !still_there()) {
        return;
    }
    // Also when a stop was requested.
    Exchange exchange(connection_.raw_, nullptr);
    exchange.send("ROLLBACK", {});
    exchange.receive(false);
}

}  // namespace pgqrs
