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

// What is not there could not be seen: the role may not.
struct Trouble {
    std::optional<std::int64_t> retrying = {};  // delayed messages that have failed before
    std::optional<std::int64_t> dead = {};      // messages that died in the queue
    std::optional<WorkerHealth> workers = {};
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
};

}  // namespace pgqrs::cli
