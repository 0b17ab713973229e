// Deleting all messages of a queue in many small transactions.
#pragma once

#include <cstdint>
#include <functional>
#include <string>

#include "core/duration.hpp"

namespace pgqrs::queue {

struct PurgeRequest {
    std::string queue;
    bool archive;
    core::Span older_than;
};

// Deletes the messages that were enqueued, or archived, at least so long ago, and that nobody has locked.
// Ends its transaction by `commit` after each batch, and answers how many there were.
std::int64_t purge_in_batches(const PurgeRequest& request, const std::function<void()>& commit);

}  // namespace pgqrs::queue
