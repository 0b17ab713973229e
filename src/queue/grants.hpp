// Granting rights on queues: the table pgqrs.grants, and what else a role needs to call the functions.
#pragma once

#include <cstdint>
#include <optional>
#include <string_view>

#include "pg/rows.hpp"

namespace pgqrs::queue {

struct Grant {
    std::string_view queue;
    std::string_view role;
    std::string_view privilege;
};

// Both answer whether the call changed something. They raise 42501 unless the caller owns the extension,
// PQ002 without the queue, PQ010 without the role or the privilege.
bool grant_queue(const Grant& grant);
bool revoke_queue(const Grant& grant);

// Without a queue: of all queues.
void list_grants(std::optional<std::string_view> queue, pg::RowSink& sink);

// Removes the grants on a queue that is gone, or on all of them. Inside with_spi().
void forget_grants(std::int32_t queue_id);
void forget_all_grants();

}  // namespace pgqrs::queue
