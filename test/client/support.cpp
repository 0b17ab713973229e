#include "support.hpp"

#include <atomic>
#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <stdexcept>

#include <unistd.h>

namespace test {
namespace {

std::string needed(const char* name) {
    const char* const value = std::getenv(name);
    if (value == nullptr) {
        throw std::runtime_error(std::string(name) +
                                 " is not set: run this through test/run.sh client");
    }
    return value;
}

int entries_of(const char* folder) {
    int count = 0;
    for ([[maybe_unused]] const auto& entry : std::filesystem::directory_iterator(folder)) {
        ++count;
    }
    return count;
}

}  // namespace

std::string dsn() {
    return "host=" + needed("PGHOST") + " port=" + needed("PGPORT") +
           " user=postgres dbname=postgres";
}

pgqrs::Config config() { return pgqrs::Config::from_dsn(dsn()); }
pgqrs::Connection connect() { return pgqrs::Connection(config()); }

void server(const std::string& action) {
    const std::string command = needed("PGQRS_TEST_SERVER") + " " + action;
    if (std::system(command.c_str()) != 0) {
        throw std::runtime_error("failed: " + command);
    }
}

std::string unique_name(const std::string& prefix) {
    static std::atomic<int> count{0};
    return prefix + "_" + std::to_string(getpid()) + "_" + std::to_string(++count);
}

std::string new_queue(const pgqrs::QueueOptions& options) {
    auto connection = connect();
    return pgqrs::Admin(connection).create_queue(unique_name(), options).name;
}

std::string value(pgqrs::Connection& connection, const std::string& sql,
                  const std::vector<pgqrs::Parameter>& parameters) {
    return connection.execute(sql, parameters).text(0, 0);
}

std::string value(const std::string& sql, const std::vector<pgqrs::Parameter>& parameters) {
    auto connection = connect();
    return value(connection, sql, parameters);
}

std::int64_t backend_pid(pgqrs::Connection& connection) {
    return connection.execute("SELECT pg_backend_pid()").integer(0, 0);
}

void terminate_backend(std::int64_t pid) {
    auto connection = connect();
    const auto ended =
        value(connection, "SELECT pg_terminate_backend($1, 30000)", {std::to_string(pid)});
    if (ended != "t") {
        throw std::runtime_error("the backend did not end");
    }
}

int open_descriptors() { return entries_of("/proc/self/fd"); }
int threads() { return entries_of("/proc/self/task"); }

Environment::Environment(std::string name, const char* value) : name_(std::move(name)) {
    const char* const old = std::getenv(name_.c_str());
    was_set_ = old != nullptr;
    old_ = was_set_ ? old : "";
    if (value == nullptr) {
        unsetenv(name_.c_str());
    } else {
        setenv(name_.c_str(), value, 1);
    }
}

Environment::~Environment() {
    if (was_set_) {
        setenv(name_.c_str(), old_.c_str(), 1);
    } else {
        unsetenv(name_.c_str());
    }
}

File::File(const std::string& text) {
    path_ = (std::filesystem::temp_directory_path() / unique_name("pgqrs_test")).string() + ".yaml";
    std::ofstream(path_) << text;
}

File::~File() { std::filesystem::remove(path_); }

}  // namespace test
