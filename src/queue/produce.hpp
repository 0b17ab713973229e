// Adding messages.
#pragma once

#include <cstdint>
#include <optional>
#include <span>
#include <string_view>
#include <vector>

#include "core/duration.hpp"
#include "core/rights.hpp"
#include "pg/call.hpp"
#include "engine/clock.hpp"

namespace pgqrs::queue {

struct NewMessages {
    std::string_view queue;
    std::int64_t priority;
    // When they become available: `delay` from now, or at a point in time.
    core::Span delay;
    std::optional<core::Instant> at;
    // Instead of the queue's own settings.
    std::optional<std::int64_t> max_attempts = std::nullopt;
    std::optional<core::Span> expires_after = std::nullopt;
    // For runs of workflows instead of messages; else PQ023.
    bool runs = false;
    std::optional<core::Instant> expires_at = std::nullopt;
    std::int32_t read_ct = 0;  // deliveries before, which do not count
    core::Rights rights = core::rights_for("enqueue");
};

// Adds one message and returns its id. A missing payload raises PQ005.
std::int64_t enqueue(const NewMessages& common, const std::optional<pg::Json>& payload,
                     const std::optional<pg::Json>& headers);

using JsonList = std::vector<std::optional<pg::Json>>;

// Adds a message for each payload, all or none, and returns their ids in order. `headers`, if any,
// has an element for each payload.
std::vector<std::int64_t> enqueue_batch(const NewMessages& common, const JsonList& payloads,
                                        const std::optional<JsonList>& headers);

// Ids of messages that are to be added.
std::vector<std::int64_t> take_message_ids(const NewMessages& common, std::size_t count);
// Adds runs with these ids to the queue, whose payloads are {}. `headers` is as above.
void enqueue_runs(const NewMessages& common, std::span<const std::int64_t> ids,
                  std::span<const std::optional<pg::Json>> headers);

}  // namespace pgqrs::queue
