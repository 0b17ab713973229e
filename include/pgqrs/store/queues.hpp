// The table pgqrs.queues: creating, changing, removing, purging, listing.
#pragma once

#include <cstdint>
#include <optional>
#include <string_view>

#include "pgqrs/core/duration.hpp"
#include "pgqrs/pg/spi.hpp"

namespace pgqrs::store {

struct QueueSettings {
    std::optional<core::Duration> visibility_timeout;
    std::optional<std::int32_t> max_deliveries;
    std::optional<std::string_view> description;
};

// Each answers the row of the queue; call inside with_spi().
pg::Rows create_queue(std::string_view name, const QueueSettings& settings, bool if_not_exists);
// Leaves alone what is not given; max_deliveries 0 and description "" take the setting away.
pg::Rows alter_queue(std::string_view name, const QueueSettings& settings);
pg::Rows get_queue(std::string_view name);

void list_queues(std::int32_t after_id, std::optional<std::int32_t> quantity, pg::RowSink& sink);
std::int64_t count_queues();

// Each answers how many messages it removed.
std::int64_t drop_queue(std::string_view name, bool force);
std::int64_t purge_queue(std::string_view name);
std::int64_t purge_archive(std::string_view name, core::Duration older_than);

// For changes by hand. Each waits for transactions that hold the queue.
// Raises PQ011 when rows refer to the queue that was deleted.
void check_removal(std::int32_t id, std::string_view name);
// Raises PQ010 when the id was changed; a new name is fine.
void check_renaming(std::int32_t old_id, std::int32_t new_id, std::string_view old_name);
// Before a truncation.
void hold_all_queues();
// After it; raises PQ011 when there are rows that refer to queues.
void check_truncation();

// Answers whether this call changed it.
bool set_paused(std::string_view name, bool paused);

}  // namespace pgqrs::store
