// The rows of pgqrs.archive.
#pragma once

#include "pgqrs/pg/clock.hpp"
#include "pgqrs/store/message_changes.hpp"

namespace pgqrs::store {

// Adds messages of a queue, which had all of their values kept, as done at a point in time.
void add_to_archive(std::int32_t queue_id, const RemovedMessages& messages, pg::Timestamp now);

}  // namespace pgqrs::store
