// Installing, queues, metrics, cleaning up.
//
// Threads: an Admin is used by the thread that uses its Connection.
// ABI: Admin stays one reference within a major version. QueueOptions gets members with minor versions.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "pgqrs/client/connection.hpp"
#include "pgqrs/client/message.hpp"

namespace pgqrs {

struct QueueOptions {
    std::optional<Duration> visibility_timeout = {};  // 30 s when it is created
    std::optional<int> max_deliveries = {};           // alter: 0 takes the limit away
    std::optional<std::string> description = {};
    std::optional<bool> notify = {};
};

class Admin {
public:
    explicit Admin(Connection& connection) : connection_(connection) {}

    // CREATE EXTENSION; false when it was there already.
    bool install();
    // DROP EXTENSION with all queues and messages, and the schema it leaves behind; false when there was none. Raises
    // PQ011 while there are messages, unless `force`.
    bool uninstall(bool force = false);
    bool installed();
    std::string extension_version();  // of the installed extension; empty when there is none
    std::string library_version();    // of the loaded library
    bool preloaded();                 // whether the server has pgqrs in shared_preload_libraries
    // Empty: all is well.
    std::vector<Fault> verify();

    Queue create_queue(const std::string& queue, const QueueOptions& options = {},
                       bool if_not_exists = false);
    Queue alter_queue(const std::string& queue, const QueueOptions& options);
    Queue get_queue(const std::string& queue);
    std::vector<Queue> list_queues();
    std::int64_t drop_queue(const std::string& queue, bool force = false);
    bool pause_queue(const std::string& queue);
    bool resume_queue(const std::string& queue);
    std::int64_t purge_queue(const std::string& queue);
    std::int64_t purge_archive(const std::string& queue, Duration older_than);

    Metrics queue_metrics(const std::string& queue, bool exact = false);
    std::vector<Metrics> all_queues_metrics(bool exact = false);

private:
    Connection& connection_;
};

}  // namespace pgqrs
