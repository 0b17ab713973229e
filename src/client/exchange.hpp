// One exchange with the server: send, wait without blocking for ever, read all results. Keeps the connection in
// nonblocking mode meanwhile, so that a large batch cannot have both sides wait for the other to read.
#pragma once

#include <chrono>
#include <functional>
#include <string>
#include <vector>

#include <libpq-fe.h>

#include "pgqrs/client/connection.hpp"

namespace pgqrs {

class Stop;

class Exchange {
public:
    // Raises ConnectionError (08003) when the connection was lost before; then nothing was sent, so nothing is in doubt.
    Exchange(PGconn* connection, const Stop* stop);
    ~Exchange();
    Exchange(const Exchange&) = delete;
    Exchange& operator=(const Exchange&) = delete;

    void send(const std::string& sql, const std::vector<Parameter>& parameters);
    // The result of what was sent; raises its failure, and Stopped when it was cancelled.
    Result receive(bool in_doubt);
    // Instead of receive(): calls `visit` with each row, of which it is the only one, as it arrives. What that raises ends
    // the exchange; the rows that are left are read and thrown away.
    void receive_rows(const std::function<void(const Result& row)>& visit);
    // One result for each statement, or the first failure.
    std::vector<Result> pipeline(const std::vector<Statement>& statements, bool in_doubt);

private:
    void flush();
    void await_input();
    void cancel_now_and_then();
    PGresult* next_result();
    [[noreturn]] void fail(const PGresult* failure, bool in_doubt);

    PGconn* connection_;
    const Stop* stop_;
    bool cancelled_ = false;
    std::chrono::steady_clock::time_point cancel_next_;
    std::chrono::steady_clock::time_point cancel_last_;
    int was_nonblocking_;
};

// For exchanges that cannot be brought to an orderly end: breaks the connection.
void give_up(PGconn* connection) noexcept;

// Looks, without waiting, whether the server has closed the connection; true: it is lost.
bool notice_loss(PGconn* connection) noexcept;

}  // namespace pgqrs
