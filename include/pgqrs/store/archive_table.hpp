// The rows of pgqrs.archive.
#pragma once

#include "pgqrs/pg/clock.hpp"
#include "pgqrs/store/message_changes.hpp"

namespace pgqrs::store {

// Adds the messages, which had all of their values kept, as done at a point in time.
void add_to_archive(const RemovedMessages& messages, pg::Timestamp now);

}  // namespace pgqrs::store
