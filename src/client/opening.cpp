#include "opening.hpp"

#include <algorithm>
#include <array>
#include <cctype>
#include <cstdlib>
#include <cstring>
#include <memory>

#include <poll.h>

#include "dsn.hpp"
#include "pgqrs/client/error.hpp"
#include "pgqrs/client/stop.hpp"

namespace pgqrs {
namespace {

using Clock = std::chrono::steady_clock;

struct Finish {
    void operator()(PGconn* connection) const noexcept { PQfinish(connection); }
};
using Owned = std::unique_ptr<PGconn, Finish>;

// A library prints nothing.
void ignore_notice(void*, const PGresult*) {}

// Settings before dbname yield to what the connection string says, those after it do not.
Owned start(const Config& config) {
    const auto seconds =
        std::to_string(std::chrono::ceil<std::chrono::seconds>(config.connection_timeout).count());
    const std::array<std::pair<const char*, const char*>, 8> settings = {{
        {"connect_timeout", seconds.c_str()},
        {"keepalives_idle", "30"},
        {"keepalives_interval", "10"},
        {"keepalives_count", "3"},
        {"tcp_user_timeout", "60000"},
        {"fallback_application_name", "pgqrs"},
        {"dbname", config.dsn.c_str()},
        {"client_encoding", "UTF8"},
    }};
    std::array<const char*, settings.size() + 1> keywords{};
    std::array<const char*, settings.size() + 1> values{};
    for (std::size_t i = 0; i < settings.size(); ++i) {
        keywords[i] = settings[i].first;
        values[i] = settings[i].second;
    }
    return Owned(PQconnectStartParams(keywords.data(), values.data(), 1));
}

std::string option_of(PGconn* connection, const char* keyword) {
    std::unique_ptr<PQconninfoOption, decltype(&PQconninfoFree)> options(PQconninfo(connection),
                                                                         PQconninfoFree);
    for (const auto* option = options.get(); option != nullptr && option->keyword != nullptr;
         ++option) {
        if (std::strcmp(option->keyword, keyword) == 0 && option->val != nullptr) {
            return option->val;
        }
    }
    return "";
}

// PQconnectPoll leaves connect_timeout to its caller. It counts for each of several hosts.
Clock::time_point deadline(PGconn* connection) {
    const long seconds = std::atol(option_of(connection, "connect_timeout").c_str());
    if (seconds <= 0) {
        return Clock::time_point::max();
    }
    const std::string hosts = option_of(connection, "host") + option_of(connection, "hostaddr");
    return Clock::now() +
           std::chrono::seconds(seconds) * (1 + std::count(hosts.begin(), hosts.end(), ','));
}

// Waits for what PQconnectPoll wants. False: the time is over.
bool await(PGconn* connection, PostgresPollingStatusType wanted, Clock::time_point end,
           const Stop* stop) {
    const short events = wanted == PGRES_POLLING_READING ? POLLIN : POLLOUT;
    for (;;) {
        if (stop != nullptr && stop->requested()) {
            throw Stopped();
        }
        const auto left = std::chrono::ceil<std::chrono::milliseconds>(end - Clock::now());
        if (left.count() <= 0) {
            return false;
        }
        pollfd entries[2] = {{PQsocket(connection), events, 0},
                             {stop != nullptr ? stop->descriptor() : -1, POLLIN, 0}};
        if (poll(entries, 2, static_cast<int>(std::min<std::int64_t>(left.count(), 60'000))) > 0 &&
            entries[0].revents != 0) {
            return true;
        }
    }
}

// "FATAL:  28P01: password..." has the SQLSTATE when the verbosity says so; takes it, and the line that says where in the
// server's source it was raised, out of the message.
std::string take_sqlstate(std::string& message) {
    for (auto at = message.find(":  "); at != std::string::npos; at = message.find(":  ", at + 1)) {
        const std::string code = message.substr(at + 3, 5);
        const bool is_code = code.size() == 5 && message.compare(at + 8, 2, ": ") == 0 &&
                             std::all_of(code.begin(), code.end(), [](unsigned char c) {
                                 return std::isdigit(c) != 0 || std::isupper(c) != 0;
                             });
        if (is_code) {
            message.erase(at + 3, 7);
            const auto location = message.find("\nLOCATION:");
            message.erase(std::min(location, message.size()));
            return code;
        }
    }
    return "08001";
}

// libpq puts its advice on a line of its own behind a tab, for each host it tried; takes it out of the message.
std::string take_hint(std::string& message) {
    std::string hint;
    for (auto at = message.find("\n\t"); at != std::string::npos; at = message.find("\n\t")) {
        const auto end = std::min(message.find('\n', at + 1), message.size());
        hint = message.substr(at + 2, end - at - 2);
        message.erase(at, end - at);
    }
    return hint;
}

[[noreturn]] void throw_refused(PGconn* connection, const Config& config) {
    std::string message = PQerrorMessage(connection);
    std::string sqlstate = take_sqlstate(message);
    std::string hint = take_hint(message);
    throw ConnectionError(Error::Parts{
        std::move(sqlstate), without_secrets(std::move(message), config.dsn), "", std::move(hint)});
}

}  // namespace

PGconn* open_connection(const Config& config, const Stop* stop) {
    Owned connection = start(config);
    if (!connection) {
        throw ConnectionError(Error::Parts{"53200", "out of memory"});
    }
    if (PQstatus(connection.get()) == CONNECTION_BAD) {
        throw_refused(connection.get(), config);
    }
    PQsetErrorVerbosity(connection.get(), PQERRORS_VERBOSE);
    PQsetNoticeReceiver(connection.get(), ignore_notice, nullptr);
    const auto end = deadline(connection.get());
    for (auto wanted = PGRES_POLLING_WRITING; wanted != PGRES_POLLING_OK;
         wanted = PQconnectPoll(connection.get())) {
        if (wanted == PGRES_POLLING_FAILED) {
            throw_refused(connection.get(), config);
        }
        if (!await(connection.get(), wanted, end, stop)) {
            throw ConnectionError(Error::Parts{"08001", "the server did not answer in time"});
        }
    }
    PQsetErrorVerbosity(connection.get(), PQERRORS_DEFAULT);
    return connection.release();
}

}  // namespace pgqrs
