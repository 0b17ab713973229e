// Errors of the client library: one base class, so that one catch is enough, and a few classes below it for what
// programs treat differently.
//
// Threads: an error does not change, so threads may share one.
// ABI: the classes, their bases and their names stay within a major version, so a handler of an older program catches them.
// Error::Parts gets members with minor versions.
#pragma once

#include <optional>
#include <stdexcept>
#include <string>
#include <string_view>

#include "pgqrs/client/error_code.hpp"
#include "pgqrs/client/time.hpp"

namespace pgqrs {

class Error : public std::runtime_error {
public:
    struct Parts {
        std::string sqlstate = {};  // five characters; empty when none is known
        std::string message = {};   // lower case, no full stop
        std::string detail = {};
        std::string hint = {};
        bool connection_lost = false;
        bool in_doubt = false;
    };
    explicit Error(Parts parts);

    // Five characters, of PostgreSQL or of pgqrs (class PQ); empty for errors that have none, such as a bad configuration.
    const std::string& sqlstate() const noexcept { return parts_.sqlstate; }
    // Which of pgqrs's own errors this is, if it is one.
    std::optional<ErrorCode> code() const noexcept;
    const std::string& message() const noexcept { return parts_.message; }
    const std::string& detail() const noexcept { return parts_.detail; }
    const std::string& hint() const noexcept { return parts_.hint; }

    // The same again can succeed: a serialization failure, a deadlock, a lock that was not available, too many
    // connections, a server that shuts down or starts, a connection that was lost meanwhile, and, after retry_after(), a
    // queue to which messages come too fast (PQ006). A full queue (PQ012) is not: only consumers can tell. The whole transaction must be
    // repeated; when connection_lost(), on a new connection or after Connection::reopen(). Two errors of lost connections
    // are not retryable: one that is in doubt, since what was to be done may have been, and 08003: the connection had been
    // lost before, nothing was sent, and the same on the same connection fails for ever.
    bool retryable() const noexcept;
    // How long to wait before that, where the server says it (PQ006).
    std::optional<Duration> retry_after() const noexcept;
    // The connection is gone. What was not committed is rolled back, and nothing opens it again but Connection::reopen().
    bool connection_lost() const noexcept { return parts_.connection_lost; }
    // The connection was lost while a commit was under way (also that of a statement outside of a transaction): it may
    // have happened or not.
    bool in_doubt() const noexcept { return parts_.in_doubt; }

private:
    Parts parts_;
};

// No connection, or no longer one: wrong address, refused, rejected password, lost.
class ConnectionError : public Error {
public:
    using Error::Error;
};

// The server rejected a statement. Its SQLSTATE, detail and hint are kept.
class ServerError : public Error {
public:
    using Error::Error;
};

// The library rejected an argument or a payload before the server saw it; the SQLSTATE is the one the server would give.
class InvalidArgument : public Error {
public:
    using Error::Error;
};

// PQ001: the lease ran out and the message was delivered to another consumer, or is gone.
class LeaseLost : public Error {
public:
    using Error::Error;
};

// PQ022: somebody has asked for the run to be cancelled. Its worker can record nothing any more.
class RunCancelled : public Error {
public:
    using Error::Error;
};

// PQ018: the step was recorded as another kind of step, or with another input: the code of the workflow has changed, or a
// name is used for two steps.
class StepMismatch : public Error {
public:
    using Error::Error;
};

// PQ020: an earlier delivery has begun the step, which must not be executed twice, and has not recorded it. Nobody can know
// what came of it but a person, who calls pgqrs.decide_step, or the handler, which can find out outside.
class StepInDoubt : public Error {
public:
    using Error::Error;
};

// The step has failed for good; message() is its last error. A replay raises it again, and executes nothing.
class StepFailed : public Error {
public:
    StepFailed(std::string step, std::string error);
    const std::string& step() const noexcept { return step_; }

private:
    std::string step_;
};

// For handlers and steps to raise: another attempt cannot succeed.
class PermanentFailure : public Error {
public:
    explicit PermanentFailure(std::string message);
};

// A bad value in a configuration. The message names source and key, never the value of a connection string.
class ConfigError : public Error {
public:
    // source: "environment", "--dsn" or the file's path; key: "PGQRS_MAX_CONNECTIONS", "max_connections"...
    ConfigError(std::string source, std::string key, std::string reason, std::string hint = {});
    const std::string& source() const noexcept { return source_; }
    const std::string& key() const noexcept { return key_; }

private:
    std::string source_;
    std::string key_;
};

// Waiting ended because a Stop was requested.
class Stopped : public Error {
public:
    Stopped();
};

// No connection of a pool became free in time.
class PoolTimeout : public Error {
public:
    using Error::Error;
};

}  // namespace pgqrs
