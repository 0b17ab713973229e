// Removing queues, and messages in bulk, without leaving rows behind that refer to nothing.
#pragma once

#include <cstdint>
#include <string_view>

#include "core/duration.hpp"

namespace pgqrs::queue {

// Each answers how many messages it removed.
std::int64_t drop_queue(std::string_view name, bool force);
std::int64_t purge_queue(std::string_view name);
std::int64_t purge_archive(std::string_view name, const core::Span& older_than);

// For changes by hand. Each waits for transactions that hold the queue.
// Raises PQ011 when rows refer to the queue that was deleted.
void check_removal(std::int32_t id, std::string_view name);
// Raises PQ010 when the id was changed; a new name is fine.
void check_renaming(std::int32_t old_id, std::int32_t new_id, std::string_view old_name);
// Before a truncation.
void hold_all_queues();
// After it; raises PQ011 when there are rows that refer to queues.
void check_truncation();

}  // namespace pgqrs::queue
