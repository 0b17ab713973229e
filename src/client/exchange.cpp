#include "exchange.hpp"

#include <array>
#include <cerrno>
#include <future>
#include <memory>
#include <thread>

#include <poll.h>
#include <sys/socket.h>

#include "pgqrs/client/stop.hpp"
#include "statement_error.hpp"

namespace pgqrs {
namespace {

using Clock = std::chrono::steady_clock;

// A cancel request can overtake the statement it is for, so it is repeated until the statement ends, or seems never to.
constexpr std::chrono::milliseconds kCancelAgain{500};
constexpr std::chrono::seconds kGiveUp{5};

// The protocol has 16 bits for their number.
constexpr std::size_t kMostParameters = 65535;

struct Clear {
    void operator()(PGresult* result) const noexcept { PQclear(result); }
};
using OwnedResult = std::unique_ptr<PGresult, Clear>;

bool failed(const PGresult* result) {
    const auto status = PQresultStatus(result);
    return status == PGRES_FATAL_ERROR || status == PGRES_BAD_RESPONSE ||
           status == PGRES_PIPELINE_ABORTED;
}

bool copies(const PGresult* result) {
    const auto status = PQresultStatus(result);
    return status == PGRES_COPY_IN || status == PGRES_COPY_OUT || status == PGRES_COPY_BOTH;
}

void check(const std::string& sql, const std::vector<Parameter>& parameters) {
    if (sql.find('\0') != std::string::npos) {
        throw InvalidArgument(Error::Parts{"PQ010", "the statement contains a NUL byte"});
    }
    if (parameters.size() > kMostParameters) {
        throw InvalidArgument(
            Error::Parts{"PQ010", "more than " + std::to_string(kMostParameters) + " parameters"});
    }
    for (const auto& parameter : parameters) {
        if (parameter && parameter->find('\0') != std::string::npos) {
            throw InvalidArgument(
                Error::Parts{"PQ010", "text contains a NUL byte, which PostgreSQL cannot store"});
        }
    }
}

std::vector<const char*> pointers_to(const std::vector<Parameter>& parameters) {
    std::vector<const char*> pointers;
    for (const auto& parameter : parameters) {
        pointers.push_back(parameter ? parameter->c_str() : nullptr);
    }
    return pointers;
}

// Asks the server to cancel, without being held up by one that does not answer: the request is independent of the
// connection and of us.
void cancel(PGconn* connection) {
    const std::shared_ptr<PGcancel> request(PQgetCancel(connection), PQfreeCancel);
    std::packaged_task<void()> task([request] {
        std::array<char, 256> reason{};
        PQcancel(request.get(), reason.data(), reason.size());
    });
    const auto sent = task.get_future();
    std::thread(std::move(task)).detach();
    sent.wait_for(kCancelAgain);
}

[[noreturn]] void throw_lost_before(std::string message) {
    throw ConnectionError(
        Error::Parts{"08003", std::move(message), "Nothing was sent.",
                     "Open it again with Connection::reopen(), or take another connection.", true});
}

void abandon_copy(PGconn* connection, ExecStatusType direction) {
    if (direction != PGRES_COPY_OUT) {
        PQputCopyEnd(connection, "COPY is not supported here");
        return;
    }
    char* row = nullptr;
    while (PQgetCopyData(connection, &row, 0) > 0) {
        PQfreemem(row);
    }
}

}  // namespace

void give_up(PGconn* connection) noexcept {
    shutdown(PQsocket(connection), SHUT_RDWR);
    for (int tries = 0; PQstatus(connection) == CONNECTION_OK && tries < 100; ++tries) {
        PQconsumeInput(connection);
        PQclear(PQgetResult(connection));
    }
}

bool notice_loss(PGconn* connection) noexcept {
    pollfd entry{PQsocket(connection), POLLIN, 0};
    if (PQstatus(connection) == CONNECTION_OK && poll(&entry, 1, 0) > 0) {
        PQconsumeInput(connection);
        // Reading once may only have brought the farewell; the end of the stream comes after it.
        entry.revents = 0;
        if (PQstatus(connection) == CONNECTION_OK && poll(&entry, 1, 0) > 0) {
            PQconsumeInput(connection);
        }
    }
    return PQstatus(connection) != CONNECTION_OK;
}

Exchange::Exchange(PGconn* connection, const Stop* stop) : connection_(connection), stop_(stop) {
    if (connection == nullptr) {
        throw_lost_before("the connection is closed");
    }
    if (stop != nullptr && stop->requested()) {
        throw Stopped();
    }
    if (PQpipelineStatus(connection) != PQ_PIPELINE_OFF ||
        PQtransactionStatus(connection) == PQTRANS_ACTIVE) {
        throw Error(Error::Parts{"55000", "the connection is busy with something else"});
    }
    if (notice_loss(connection)) {
        throw_lost_before("the server has closed the connection");
    }
    was_nonblocking_ = PQisnonblocking(connection);
    PQsetnonblocking(connection, 1);
}

Exchange::~Exchange() {
    if (PQstatus(connection_) == CONNECTION_OK) {
        // Whatever broke off: the next exchange must not find results of this one.
        while (PGresult* const left = PQgetResult(connection_)) {
            PQclear(left);
        }
        if (PQpipelineStatus(connection_) != PQ_PIPELINE_OFF) {
            PQexitPipelineMode(connection_);
        }
    }
    PQsetnonblocking(connection_, was_nonblocking_);
}

void Exchange::send(const std::string& sql, const std::vector<Parameter>& parameters) {
    check(sql, parameters);
    const auto values = pointers_to(parameters);
    if (PQsendQueryParams(connection_, sql.c_str(), static_cast<int>(values.size()), nullptr,
                          values.data(), nullptr, nullptr, 0) != 1) {
        // Half a pipeline has no end that could be waited for.
        if (PQpipelineStatus(connection_) != PQ_PIPELINE_OFF) {
            give_up(connection_);
        }
        throw_failure(connection_, nullptr, false);
    }
}

// Reads while it writes: the server may want to be read before it goes on reading.
void Exchange::flush() {
    for (int left = PQflush(connection_); left == 1; left = PQflush(connection_)) {
        pollfd entry{PQsocket(connection_), POLLIN | POLLOUT, 0};
        poll(&entry, 1, -1);
        if ((entry.revents & POLLIN) != 0) {
            PQconsumeInput(connection_);
        }
    }
}

void Exchange::await_input() {
    const bool stopping = stop_ != nullptr && stop_->requested();
    if (stopping) {
        cancel_now_and_then();
    }
    // Once it was requested its descriptor stays readable, so it is left out and the time limit counts.
    pollfd entries[2] = {{PQsocket(connection_), POLLIN, 0},
                         {stop_ != nullptr ? stop_->descriptor() : -1, POLLIN, 0}};
    const int ready =
        poll(entries, stopping ? 1 : 2, stopping ? static_cast<int>(kCancelAgain.count()) : -1);
    if (ready > 0 && entries[0].revents != 0) {
        PQconsumeInput(connection_);
    }
}

void Exchange::cancel_now_and_then() {
    const auto now = Clock::now();
    if (!cancelled_) {
        cancelled_ = true;
        cancel_next_ = now;
        cancel_last_ = now + kGiveUp;
    }
    if (now >= cancel_last_) {
        give_up(connection_);
        throw Stopped();
    }
    if (now >= cancel_next_) {
        cancel_next_ = now + kCancelAgain;
        cancel(connection_);
    }
}

PGresult* Exchange::next_result() {
    flush();
    while (PQisBusy(connection_) == 1) {
        await_input();
    }
    return PQgetResult(connection_);
}

Result Exchange::receive(bool in_doubt) {
    OwnedResult kept;
    bool copied = false;
    while (PGresult* const raw = next_result()) {
        OwnedResult result(raw);
        if (copies(raw)) {
            abandon_copy(connection_, PQresultStatus(raw));
            copied = true;
        } else if (!kept || !failed(kept.get())) {
            kept = std::move(result);
        }
    }
    if (copied) {
        throw Error(Error::Parts{"0A000", "COPY is not supported here"});
    }
    if (kept && !failed(kept.get())) {
        return Result(kept.release());
    }
    fail(kept.get(), in_doubt);
}

void Exchange::fail(const PGresult* failure, bool in_doubt) {
    if (cancelled_ && failure != nullptr && parts_of(failure).sqlstate == "57014") {
        throw Stopped();
    }
    throw_failure(connection_, failure, in_doubt);
}

void Exchange::receive_rows(const std::function<void(const Result& row)>& visit) {
    PQsetSingleRowMode(connection_);
    bool complete = false;
    while (PGresult* const raw = next_result()) {
        const Result result(raw);
        if (failed(raw)) {
            fail(raw, false);
        }
        if (PQresultStatus(raw) == PGRES_SINGLE_TUPLE) {
            visit(result);
        } else {
            complete = true;
        }
    }
    if (!complete) {
        fail(nullptr, false);
    }
}

std::vector<Result> Exchange::pipeline(const std::vector<Statement>& statements, bool in_doubt) {
    // Before anything is sent, so that a bad one cannot leave half a pipeline.
    for (const auto& statement : statements) {
        check(statement.sql, statement.parameters);
    }
    if (PQenterPipelineMode(connection_) != 1) {
        throw_failure(connection_, nullptr, false);
    }
    for (const auto& statement : statements) {
        send(statement.sql, statement.parameters);
    }
    if (PQpipelineSync(connection_) != 1) {
        throw_failure(connection_, nullptr, false);
    }
    std::vector<Result> results;
    OwnedResult failure;
    for (;;) {
        OwnedResult result(next_result());
        // A null ends the results of one statement; after a lost connection nothing but nulls comes.
        if (!result) {
            if (PQstatus(connection_) != CONNECTION_OK) {
                throw_failure(connection_, failure.get(), in_doubt);
            }
            continue;
        }
        if (PQresultStatus(result.get()) == PGRES_PIPELINE_SYNC) {
            break;
        }
        if (copies(result.get())) {
            give_up(connection_);
            throw ConnectionError(
                Error::Parts{"0A000", "COPY is not supported here", "", "", true, in_doubt});
        }
        if (!failed(result.get())) {
            results.emplace_back(result.release());
        } else if (!failure) {
            failure = std::move(result);
        }
    }
    if (cancelled_ && failure && parts_of(failure.get()).sqlstate == "57014") {
        throw Stopped();
    }
    if (failure) {
        throw_failure(connection_, failure.get(), in_doubt);
    }
    return results;
}

}  // namespace pgqrs
