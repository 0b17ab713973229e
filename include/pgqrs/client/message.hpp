// Messages as they are delivered and archived, workers, queues, metrics: the rows of the SQL surface.
//
// Threads: values; threads may read one at the same time. ABI: the structs get members with minor versions.
#pragma once

#include <cstdint>
#include <functional>
#include <optional>
#include <string>
#include <type_traits>
#include <utility>

#include <nlohmann/json_fwd.hpp>

#include "pgqrs/client/error.hpp"
#include "pgqrs/client/time.hpp"

namespace pgqrs {

struct Message {
    std::int64_t id = 0;
    std::string queue = {};
    std::string payload = {};  // JSON text as the server has it: numbers keep all their digits
    std::optional<std::string> headers = {};  // JSON text of an object
    int priority = 5;
    int read_ct = 0;  // deliveries so far; that of a delivery is its fencing token
    int attempt = 0;  // failures since it was enqueued, or sent back by redrive
    TimePoint enqueued_at = {};
    TimePoint available_at = {};
    std::optional<TimePoint> vt = {};  // end of the lease, by the server's clock
    // What was left of the lease when the message was read, so that no clock of the client's matters.
    std::optional<Duration> lease_left = {};
    std::optional<std::int64_t> worker_id = {};

    nlohmann::json payload_json() const;
    nlohmann::json headers_json() const;  // an empty object when there are none
    // The header "type", which names the payload's type; empty when there is none.
    std::string type() const;
    // The payload as any type nlohmann-json converts. Raises InvalidArgument (PQ005) when it does not fit. Who calls it
    // includes <nlohmann/json.hpp> (client.hpp does).
    template <typename T>
    T as() const;

private:
    void read_payload(const std::function<void(const nlohmann::json&)>& read) const;
    [[noreturn]] void refuse_shape(const char* reason) const;
};

// One message of a batch whose messages differ; payload and headers are JSON texts. What it does not say, the options of
// the call do.
struct NewMessage {
    std::string payload = {};
    std::optional<std::string> headers = {};
    std::optional<int> priority = {};
    std::optional<Duration> delay = {};
    // Not before then, by the server's clock; a time that has passed means at once. Instead of a delay.
    std::optional<TimePoint> available_at = {};
    // As in JobOptions. With one of them, `available_at` is kept to within the time the call takes, and never earlier.
    std::optional<int> max_attempts = {};
    std::optional<Duration> expires_after = {};
};

// Why a message left its queue. `unknown` stands for a label that a newer server has: later versions add some, so a switch
// has a default.
enum class Outcome { done, dead, cancelled, expired, unknown };
const char* to_string(Outcome outcome);

// How the wait grows from one failure of a message to the next; with labels as above.
enum class Backoff { fixed, linear, exponential, unknown };
const char* to_string(Backoff backoff);

struct ArchivedMessage : Message {
    TimePoint archived_at = {};
    std::optional<Duration> processing_duration = {};
    Outcome outcome = Outcome::done;
};

struct Queue {
    std::int64_t id = 0;
    std::string name = {};
    Duration visibility_timeout{};
    std::optional<int> max_deliveries = {};
    std::optional<std::string> description = {};
    bool notify = false;
    std::optional<TimePoint> paused_at = {};
    TimePoint created_at = {};
    int max_attempts = 0;  // 0: no limit
    Backoff backoff = Backoff::exponential;
    Duration backoff_base{};
    Duration backoff_cap{};
    double backoff_jitter = 0;
    std::optional<std::string> dead_letter_queue = {};
    std::optional<Duration> expires_after = {};
    std::optional<std::int64_t> max_messages = {};
    std::optional<double> enqueue_rate = {};
    std::optional<int> enqueue_burst = {};
    std::optional<int> max_payload_bytes = {};
    std::optional<int> max_depth = {};
    std::vector<std::string> required_keys = {};
    std::vector<std::string> forbidden_keys = {};
};

// What a worker does; with labels as above.
enum class WorkerState { ready, polling, suspended, stopped, dead, unknown };
const char* to_string(WorkerState state);

struct Worker {
    std::int64_t id = 0;
    std::string queue = {};
    std::string name = {};
    std::optional<std::string> hostname = {};
    std::optional<int> pid = {};
    std::optional<std::string> metadata = {};  // JSON text
    TimePoint registered_at = {};
    WorkerState state = WorkerState::ready;
    Duration lease{};             // silent for longer, it is dead
    TimePoint heartbeat_at = {};  // the last sign of life that was noted
};

// The workers of a queue by their state. Columns as pgqrs.worker_health describes them.
struct WorkerHealth {
    std::string queue = {};
    std::int64_t ready = 0;
    std::int64_t polling = 0;
    std::int64_t suspended = 0;
    std::int64_t stopped = 0;
    std::int64_t dead = 0;
    std::optional<Duration> oldest_heartbeat_age =
        {};  // of those that are neither stopped nor dead
};

// A worker and the messages it has. Columns as pgqrs.worker_metrics describes them.
struct WorkerMetrics {
    std::int64_t worker = 0;
    std::string name = {};
    WorkerState state = WorkerState::ready;
    Duration heartbeat_age{};
    std::int64_t in_flight = 0;
    std::optional<Duration> oldest_delivery_age = {};
    std::optional<TimePoint> oldest_lease_end = {};
};

// What a role may do with a queue; with labels as above.
enum class Privilege { produce, consume, monitor, manage, unknown };
const char* to_string(Privilege privilege);

// A right of a role on a queue. Columns as pgqrs.queue_grant describes them.
struct QueueGrant {
    std::string queue = {};
    std::string role = {};
    Privilege privilege = Privilege::produce;
    bool valid = true;  // false: the role was dropped or renamed since
    std::string granted_by = {};
    TimePoint granted_at = {};
};

// Columns as pgqrs.metrics describes them.
struct Metrics {
    std::string queue = {};
    bool paused = false;
    std::int64_t messages = 0;
    std::int64_t pending = 0;
    std::int64_t in_flight = 0;
    std::int64_t delayed = 0;
    std::optional<std::int64_t> exhausted = {};
    std::int64_t archived = 0;
    std::optional<Duration> oldest_pending_age = {};
    std::optional<TimePoint> newest_enqueued_at = {};
    std::int64_t total_enqueued = 0;
    std::int64_t total_finished = 0;
    bool exact = false;
    TimePoint measured_at = {};
};

// One fault verify() found.
struct Fault {
    std::string kind = {};
    std::string object = {};
    std::string fault = {};
};

// The generic parameter leaves nlohmann-json's definitions to the caller.
template <typename T>
T Message::as() const {
    std::optional<T> value;
    read_payload([&](const auto& json) {
        try {
            value.emplace(json.template get<T>());
        } catch (const typename std::decay_t<decltype(json)>::exception& error) {
            refuse_shape(error.what());
        }
    });
    return std::move(*value);
}

}  // namespace pgqrs
