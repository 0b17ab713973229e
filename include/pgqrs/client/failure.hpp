// Jobs that fail: what became of their messages, their history, and the dead ones.
//
// The labels of the enumerations are those of the SQL types; `unknown` stands for one that a newer server has.
//
// Threads: values; threads may read one at the same time. ABI: the structs get members with minor versions, and the
// enumerations labels, so a switch has a default.
#pragma once

#include <cstdint>
#include <optional>
#include <string>

#include "pgqrs/client/time.hpp"

namespace pgqrs {

enum class FailureResult {
    retrying,   // it is delivered again
    dead,       // it left the queue, for its dead letter queue or for the archive
    cancelled,  // it left the queue, because Admin::cancel had been called
    lost,       // nothing was changed: it is gone, has no lease, or was delivered anew
    unknown,
};
const char* to_string(FailureResult result);

struct FailOptions {
    bool retry = true;  // false: the message is dead at once
    std::optional<Duration> delay =
        {};  // until it is delivered again; without, the queue's back-off
};

// What fail() made of a message.
struct Failed {
    std::int64_t id = 0;
    FailureResult result = FailureResult::lost;
    std::optional<int> attempt =
        {};  // failures so far, with this one; none when the lease was lost
    std::optional<TimePoint> available_at = {};  // of a message that is tried again
    // Until then, from when the answer was made, so that no clock of the client's matters.
    std::optional<Duration> retry_in = {};
};

// A failure that is kept. Columns as pgqrs.failure describes them.
struct Failure {
    std::int64_t id = 0;
    std::optional<std::string> queue = {};
    TimePoint failed_at = {};
    int read_ct = 0;
    int attempt = 0;
    bool died = false;
    std::optional<std::int64_t> worker_id = {};
    std::optional<std::string> worker = {};
    std::string error = {};
};

// A message that was given up. Columns as pgqrs.dead_letter describes them.
struct DeadLetter {
    std::int64_t id = 0;
    std::optional<std::string> queue = {};   // the dead letter queue; none: it is in the archive
    std::optional<std::string> origin = {};  // where it died; none: that queue is gone
    std::string payload = {};                // JSON text, as in Message
    std::optional<std::string> headers = {};
    int priority = 5;
    int read_ct = 0;
    int attempt = 0;
    TimePoint enqueued_at = {};
    TimePoint died_at = {};
    std::optional<std::string> error = {};  // the last one
};

enum class CancelResult {
    cancelled,  // it left the queue
    requested,  // somebody has it: it leaves however that ends
    not_found,
    unknown,
};
const char* to_string(CancelResult result);

struct Cancelled {
    std::int64_t id = 0;
    CancelResult result = CancelResult::not_found;
};

}  // namespace pgqrs
