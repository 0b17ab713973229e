// See connection.hpp. Sending and reading is in exchange.cpp.
#include "pgqrs/client/connection.hpp"

#include <algorithm>
#include <array>
#include <charconv>
#include <string>
#include <utility>

#include <libpq-fe.h>

#include "dsn.hpp"
#include "exchange.hpp"
#include "pgqrs/client/stop.hpp"
#include "statement_error.hpp"

namespace pgqrs {
namespace {

// A library prints nothing.
void ignore_notice(void*, const PGresult*) {}

// Settings before dbname yield to what the connection string says, those after it do not.
PGconn* open(const Config& config) {
    const auto seconds =
        std::to_string(std::chrono::ceil<std::chrono::seconds>(config.connection_timeout).count());
    const std::array keywords = {
        "connect_timeout",  "keepalives_idle",  "keepalives_interval",
        "keepalives_count", "tcp_user_timeout", "fallback_application_name",
        "dbname",           "client_encoding",  static_cast<const char*>(nullptr)};
    const std::array values = {seconds.c_str(),
                               "30",
                               "10",
                               "3",
                               "60000",
                               "pgqrs",
                               config.dsn.c_str(),
                               "UTF8",
                               static_cast<const char*>(nullptr)};
    return PQconnectdbParams(keywords.data(), values.data(), 1);
}

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
    return Connection(raw, false);
}

Connection::Connection(Connection&& other) noexcept
    : raw_(std::exchange(other.raw_, nullptr)),
      owned_(other.owned_),
      config_(std::move(other.config_)),
      stop_(other.stop_),
      trace_(std::move(other.trace_)) {}

Connection& Connection::operator=(Connection&& other) noexcept {
    if (this != &other) {
        close();
        raw_ = std::exchange(other.raw_, nullptr);
        owned_ = other.owned_;
        config_ = std::move(other.config_);
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

void Connection::reopen() {
    if (!owned_) {
        throw Error(Error::Parts{"", "a borrowed connection is opened by its owner"});
    }
    close();
    raw_ = open(config_);
    if (PQstatus(raw_) != CONNECTION_OK) {
        std::string message =
            raw_ == nullptr ? "out of memory" : without_secrets(PQerrorMessage(raw_), config_.dsn);
        close();
        throw ConnectionError(Error::Parts{"08001", std::move(message)});
    }
    PQsetNoticeReceiver(raw_, ignore_notice, nullptr);
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

bool Connection::check_usable() noexcept { return usable() && !notice_loss(raw_); }

Transaction::Transaction(Connection& connection) : connection_(connection) {
    if (connection_.in_transaction()) {
        throw Error(Error::Parts{"25001", "a transaction is open on this connection already"});
    }
    connection_.execute("BEGIN");
}

Transaction::~Transaction() {
    try {
        rollback();
    } catch (const std::exception&) {
        // The connection is lost, and the transaction with it.
    }
}

void Transaction::commit() {
    if (!open_) {
        throw Error(Error::Parts{"25P01", "the transaction has ended already"});
    }
    open_ = false;
    if (connection_.usable() && !connection_.in_transaction()) {
        throw Error(Error::Parts{"25P01", "the transaction was ended by a statement"});
    }
    // The server answers a COMMIT after a failed statement with a successful ROLLBACK.
    if (connection_.execute("COMMIT").command() == "ROLLBACK") {
        throw ServerError(
            Error::Parts{"25P02", "the transaction was rolled back: a statement in it had failed"});
    }
}

void Transaction::rollback() {
    if (std::exchange(open_, false) && connection_.usable() && connection_.in_transaction()) {
        connection_.execute("ROLLBACK");
    }
}

}  // namespace pgqrs
