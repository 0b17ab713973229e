// The dead messages of a queue: looking at them, sending them back, deleting them.
//
// They are the ones that died in the queue, and lie in its dead letter queue or in the archive, and the ones
// that came to the queue as a dead letter queue.
#pragma once

#include <cstdint>
#include <optional>
#include <string_view>
#include <vector>

#include "pg/rows.hpp"

namespace pgqrs::queue {

void list_dead(std::string_view queue, std::int64_t after_id, std::int64_t quantity,
               pg::RowSink& sink);

struct RedriveTerms {
    std::optional<std::vector<std::int64_t>> ids;  // none: all
    std::optional<std::string_view> to;            // none: where each comes from
    std::optional<std::int64_t> quantity;          // none: no limit
};

// Both answer how many. They leave alone what somebody has in flight, or locked, in a dead letter queue.
std::int64_t redrive(std::string_view queue, const RedriveTerms& terms);
std::int64_t discard(std::string_view queue, const std::vector<std::int64_t>& ids);

}  // namespace pgqrs::queue
