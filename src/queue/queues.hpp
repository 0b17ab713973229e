// The table pgqrs.queues: creating, changing, pausing, listing. For removing see drop.hpp.
#pragma once

#include <cstdint>
#include <optional>
#include <string_view>

#include "core/duration.hpp"
#include "pg/spi.hpp"

namespace pgqrs::queue {

struct QueueSettings {
    std::optional<core::Duration> visibility_timeout;
    std::optional<std::int64_t> max_deliveries;
    std::optional<std::string_view> description;
    std::optional<bool> notify;
};

// Each answers the row of the queue; call inside with_spi().
pg::Rows create_queue(std::string_view name, const QueueSettings& settings, bool if_not_exists);
// Leaves alone what is not given; max_deliveries 0 and description "" take the setting away.
pg::Rows alter_queue(std::string_view name, const QueueSettings& settings);
pg::Rows get_queue(std::string_view name);

// No row when there is none.
void get_queue_by_id(std::int64_t id, pg::RowSink& sink);
void list_queues(std::int64_t after_id, std::optional<std::int64_t> quantity, pg::RowSink& sink);
std::int64_t count_queues();

// Answers whether this call changed it.
bool set_paused(std::string_view name, bool paused);

}  // namespace pgqrs::queue
