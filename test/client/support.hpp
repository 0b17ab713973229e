// What the tests of the client share: the server, queues, waiting with a deadline, what was raised.
#pragma once

#include <chrono>
#include <functional>
#include <string>
#include <thread>
#include <vector>

#include "catch.hpp"
#include "pgqrs/client.hpp"

namespace test {

using namespace std::chrono_literals;

// A matcher: the text has this in it.
#if __has_include(<catch2/catch_all.hpp>)
inline auto has(const std::string& part) { return Catch::Matchers::ContainsSubstring(part); }
#else
inline auto has(const std::string& part) { return Catch::Matchers::Contains(part); }
#endif

// The private server, by its socket, as its superuser.
std::string dsn();
pgqrs::Config config();
pgqrs::Connection connect();

// stop, start or restart, by the script that made the server.
void server(const std::string& action);

// A new queue, and a name that no other test has.
std::string unique_name(const std::string& prefix = "q");
std::string new_queue(const pgqrs::QueueOptions& options = {});

// The first column of the first row.
std::string value(pgqrs::Connection& connection, const std::string& sql,
                  const std::vector<pgqrs::Parameter>& parameters = {});
std::string value(const std::string& sql, const std::vector<pgqrs::Parameter>& parameters = {});
std::int64_t backend_pid(pgqrs::Connection& connection);
// Ends the server's side of a connection and waits until it is gone.
void terminate_backend(std::int64_t pid);

// Of this process.
int open_descriptors();
int threads();

// Asks again and again until it is true; false after the limit. Far longer than anything takes: a busy machine is slow.
template <typename Predicate>
bool eventually(Predicate predicate, std::chrono::milliseconds limit = 30s) {
    const auto end = std::chrono::steady_clock::now() + limit;
    while (!predicate()) {
        if (std::chrono::steady_clock::now() > end) {
            return false;
        }
        std::this_thread::sleep_for(2ms);
    }
    return true;
}

// The error of type E that `action` raises; any other one, or none, fails the test.
template <typename E, typename Action>
E raised(Action action) {
    try {
        action();
    } catch (const E& error) {
        return error;
    }
    throw std::logic_error("nothing was raised");
}

template <typename Action>
std::string server_error(Action action) {
    return raised<pgqrs::ServerError>(action).sqlstate();
}

template <typename Action>
std::string argument_error(Action action) {
    return raised<pgqrs::InvalidArgument>(action).sqlstate();
}

// An environment variable for the length of a scope.
class Environment {
public:
    Environment(std::string name, const char* value);
    ~Environment();
    Environment(const Environment&) = delete;
    Environment& operator=(const Environment&) = delete;

private:
    std::string name_;
    bool was_set_;
    std::string old_;
};

// A file with this text, for the length of a scope.
class File {
public:
    explicit File(const std::string& text);
    ~File();
    File(const File&) = delete;
    File& operator=(const File&) = delete;
    const std::string& path() const { return path_; }

private:
    std::string path_;
};

}  // namespace test
