// Whether a queue takes the messages that a producer wants to add: max_messages and enqueue_rate.
//
// In the queue's slot of shared memory there is reserved room (core/depth.hpp) and a bucket of tokens. Where the queue's
// counts are known (counts.hpp), the limit of messages is exact. Where they are not, its messages are counted, up to the
// limit, and the result is used for up to a hundredth of the limit or a second:
//
//     without a slot   every message counts that others have committed or are adding. Sessions that count at the
//                      same moment do not see each other
//     with a slot      the room that others have reserved counts, too. So up to a limit of core::kFewMessages, for which
//                      every enqueue counts, nothing exceeds it
//
// Without a slot there is no bucket: enqueue_rate is not enforced, and a warning says so once in a session.
#pragma once

#include <cstdint>

#include "engine/marks.hpp"
#include "engine/queue_cache.hpp"
#include "engine/table.hpp"

namespace pgqrs::engine {

// Raises PQ012 or PQ006 unless so many messages may be added now to the queue, which has limits and is held; then they
// have to be appended to the table in the same subtransaction. Tokens that a refused or rolled back enqueue took do not
// come back.
void admit(const Queue& queue, const Table& messages, std::int64_t adds);

}  // namespace pgqrs::engine
