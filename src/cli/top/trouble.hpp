// What goes wrong in the queues, for `pgqrs top`: looked up every other second, so in bounded time.
#pragma once

#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <vector>

#include "pgqrs/client/connection.hpp"
#include "pgqrs/client/message.hpp"

namespace pgqrs::cli {

// So many messages of a queue are looked at. Who wants to know more asks `message dead`.
inline constexpr std::int64_t kLookedAt = 1000;

// The runs of the workflows of a queue, of those that were looked at.
struct RunCounts {
    std::int64_t queued = 0;
    std::int64_t running = 0;
    std::int64_t sleeping = 0;
    std::int64_t waiting = 0;
    std::int64_t retrying = 0;
    std::int64_t paused = 0;
    std::int64_t crashed = 0;
    std::int64_t failed = 0;
    bool more = false;  // not all were looked at

    RunCounts& operator+=(const RunCounts& other);
};

// What is not there could not be seen: the role may not.
struct Trouble {
    std::optional<std::int64_t> retrying = {};  // delayed messages that have failed before
    std::optional<std::int64_t> dead = {};      // messages that died in the queue
    std::optional<WorkerHealth> workers = {};
    // Of a queue that holds runs. Those that are retrying, and those that have failed, are the numbers above then.
    std::optional<RunCounts> runs = {};
};

class TroubleFinder {
public:
    // By queue, for those that there are metrics of.
    std::map<std::string, Trouble> find(Connection& connection,
                                        const std::vector<Metrics>& metrics);

private:
    template <typename Ask>
    void ask(bool& refused, Ask ask);

    bool failures_refused_ = false;
    bool workers_refused_ = false;
    bool runs_refused_ = false;
};

}  // namespace pgqrs::cli
