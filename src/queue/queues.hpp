// The table pgqrs.queues: creating, changing, pausing, listing. For removing see drop.hpp.
#pragma once

#include <cstdint>
#include <optional>
#include <string_view>

#include "core/duration.hpp"
#include "pg/spi.hpp"

namespace pgqrs::queue {

struct QueueSettings {
    std::optional<core::Duration> visibility_timeout = {};
    std::optional<std::int64_t> max_deliveries = {};
    std::optional<std::string_view> description = {};
    std::optional<bool> notify = {};
    std::optional<std::int64_t> max_attempts = {};
    std::optional<std::string_view> backoff = {};
    std::optional<core::Duration> backoff_base = {};
    std::optional<core::Duration> backoff_cap = {};
    std::optional<double> backoff_jitter = {};
    std::optional<std::string_view> dead_letter_queue = {};
    std::optional<core::Duration> expires_after = {};
};

// Each answers the row of the queue; call inside with_spi(). create_queue() wants a value for each setting
// that every queue has: for all but max_deliveries, description, dead_letter_queue and expires_after.
pg::Rows create_queue(std::string_view name, const QueueSettings& settings, bool if_not_exists);
// Leaves alone what is not given; max_deliveries 0, expires_after 0, and the empty string as description
// or dead_letter_queue take the setting away.
pg::Rows alter_queue(std::string_view name, const QueueSettings& settings);
pg::Rows get_queue(std::string_view name);

// No row when there is none.
void get_queue_by_id(std::int64_t id, pg::RowSink& sink);
void list_queues(std::int64_t after_id, std::optional<std::int64_t> quantity, pg::RowSink& sink);
std::int64_t count_queues();

// Answers whether this call changed it.
bool set_paused(std::string_view name, bool paused);

}  // namespace pgqrs::queue
