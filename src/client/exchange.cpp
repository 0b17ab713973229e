// See exchange.hpp.
#include "exchange.hpp"

#include <array>
#include <cerrno>
#include <memory>

#include <poll.h>

#include "pgqrs/client/stop.hpp"
#include "statement_error.hpp"

namespace pgqrs {
namespace {

// A cancel request can overtake the statement it is for, so it is repeated until the statement ends.
constexpr int kCancelAgainMilliseconds = 500;

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

void cancel(PGconn* connection) {
    std::array<char, 256> reason{};
    PGcancel* const request = PQgetCancel(connection);
    PQcancel(request, reason.data(), reason.size());
    PQfreeCancel(request);
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
        throw ConnectionError(Error::Parts{"08003", "the connection is closed", "", "", true});
    }
    if (stop != nullptr && stop->requested()) {
        throw Stopped();
    }
    if (PQpipelineStatus(connection) != PQ_PIPELINE_OFF ||
        PQtransactionStatus(connection) == PQTRANS_ACTIVE) {
        throw Error(Error::Parts{"55000", "the connection is busy with something else"});
    }
    if (notice_loss(connection)) {
        Error::Parts parts{"08006", "the server closed the connection", "", "", true};
        throw ConnectionError(std::move(parts));
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
    const bool watch = stop_ != nullptr;
    pollfd entries[2] = {{PQsocket(connection_), POLLIN, 0},
                         {watch ? stop_->descriptor() : -1, POLLIN, 0}};
    const bool stopping = watch && stop_->requested();
    if (stopping) {
        cancel(connection_);
        cancelled_ = true;
    }
    // Once it was requested its descriptor stays readable, so it is left out and the time limit counts.
    const int ready = poll(entries, stopping ? 1 : 2, stopping ? kCancelAgainMilliseconds : -1);
    if (ready > 0 && entries[0].revents != 0) {
        PQconsumeInput(connection_);
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
    if (cancelled_ && kept && parts_of(kept.get()).sqlstate == "57014") {
        throw Stopped();
    }
    throw_failure(connection_, kept.get(), in_doubt);
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
