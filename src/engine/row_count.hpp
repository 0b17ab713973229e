// Counting the messages of one queue up to a number. It needs no privilege: it serves limits, and tells the caller
// nothing but whether there are so many.
#pragma once

#include <cstdint>

#include "engine/table.hpp"

namespace pgqrs::engine {

// What has been committed by now, with the changes of the transaction under way.
std::int64_t count_up_to(const Table& messages, std::int32_t queue_id, std::int64_t limit);

// The same with what other transactions have added and not committed. What they have deleted still counts.
std::int64_t count_up_to_with_uncommitted(const Table& messages, std::int32_t queue_id,
                                          std::int64_t limit);

}  // namespace pgqrs::engine
