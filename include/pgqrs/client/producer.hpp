// Puts messages into one queue.
//
// Threads: a Producer is used by the thread that uses its Connection.
// ABI: Producer changes inside, and the structs get members, with minor versions.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include <nlohmann/json.hpp>

#include "pgqrs/client/connection.hpp"
#include "pgqrs/client/message.hpp"
#include "pgqrs/client/validation.hpp"

namespace pgqrs {

struct EnqueueOptions {
    int priority = 5;             // 0 is delivered first, 9 last
    Duration delay{};             // delivered this much later at the earliest
    nlohmann::json headers = {};  // an object, or null for none
    std::string type = {};        // becomes the header "type", unless empty
};

// What few messages need.
struct JobOptions {
    std::optional<int> max_attempts = {};  // of this message; 0: no limit; without, the queue's
    std::optional<Duration> expires_after = {};  // of this message; without, the queue's
};

struct EnqueuedJob {
    std::int64_t id = 0;
    bool created = true;
};

class Producer {
public:
    // The connection must outlive it. When a transaction is open on it, messages are part of that.
    // Raises InvalidArgument (PQ004) for a name no queue can have; whether it exists shows at the first call.
    Producer(Connection& connection, std::string queue);
    Producer(Connection& connection, std::string queue, Validation validation);

    // Payloads are anything nlohmann-json converts, and std::string means a JSON string; NaN and infinities, which JSON lacks,
    // become null. All return ids; all check the
    // payload first and raise InvalidArgument (PQ005, PQ010) without a round trip, else ServerError as the SQL
    // functions: PQ002 when there is no such queue...
    std::int64_t enqueue(const nlohmann::json& payload, const EnqueueOptions& options = {});
    std::int64_t enqueue_delayed(const nlohmann::json& payload, Duration delay,
                                 EnqueueOptions options = {});
    // With settings of its own. Costs a little more than enqueue().
    EnqueuedJob enqueue_job(const nlohmann::json& payload, const JobOptions& job,
                            const EnqueueOptions& options = {});
    // Not before `at`, by the server's clock; options.delay must be zero. PQ010 when it lies in the past.
    std::int64_t enqueue_at(const nlohmann::json& payload, TimePoint at,
                            const EnqueueOptions& options = {});
    // Ids in the order of the payloads. All or nothing, however many: sent in calls of `batch_size` in one pipeline.
    std::vector<std::int64_t> batch_enqueue(const std::vector<nlohmann::json>& payloads,
                                            const EnqueueOptions& options = {});
    // The same for JSON text made elsewhere, which is checked by the validation's rules like the others. A batch in which
    // some have a priority, time or settings of their own costs the server about twice as much.
    std::vector<std::int64_t> batch_enqueue(const std::vector<NewMessage>& messages,
                                            const EnqueueOptions& options = {});

    // As Consumer::extend, for those who hold no consumer. False: gone, or delivered anew.
    [[nodiscard]] bool extend_visibility(std::int64_t id, Duration by,
                                         std::optional<int> read_ct = std::nullopt);

    const std::string& queue() const noexcept { return queue_; }

private:
    std::vector<std::int64_t> send_batch(const std::vector<NewMessage>& messages,
                                         const EnqueueOptions& options);

    Connection& connection_;
    std::string queue_;
    Validation validation_;
};

}  // namespace pgqrs
