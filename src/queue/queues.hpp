// The table pgqrs.queues: creating, changing, pausing, listing. For removing see drop.hpp.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

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
    // What the queue takes from producers (core/producer_limits.hpp).
    std::optional<std::int64_t> max_messages = {};
    std::optional<double> enqueue_rate = {};
    std::optional<std::int64_t> enqueue_burst = {};
    std::optional<std::int64_t> max_payload_bytes = {};
    std::optional<std::int64_t> max_depth = {};
    std::optional<std::vector<std::string>> required_keys = {};
    std::optional<std::vector<std::string>> forbidden_keys = {};
};

// Each answers the row of the queue; call inside with_spi(). create_queue() wants a value for each setting
// that every queue has: for all but max_deliveries, description, dead_letter_queue, expires_after and what
// producers are limited by.
pg::Rows create_queue(std::string_view name, const QueueSettings& settings, bool if_not_exists);
// Leaves alone what is not given. 0, and the empty string or list, take a setting away that not every queue has.
pg::Rows alter_queue(std::string_view name, const QueueSettings& settings);
pg::Rows get_queue(std::string_view name);

// No row when there is none.
void get_queue_by_id(std::int64_t id, pg::RowSink& sink);
void list_queues(std::int64_t after_id, std::optional<std::int64_t> quantity, pg::RowSink& sink);
std::int64_t count_queues();

// Answers whether this call changed it.
bool set_paused(std::string_view name, bool paused);

}  // namespace pgqrs::queue
