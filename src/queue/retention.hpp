// How long the archive is kept: the rules, and removing what they say.
#pragma once

#include <cstdint>
#include <optional>
#include <string_view>

#include "core/duration.hpp"
#include "pg/rows.hpp"
#include "queue/maintenance.hpp"

namespace pgqrs::queue {

struct RetentionRule {
    std::optional<std::string_view> outcome;  // none: each
    std::optional<core::Duration> max_age;
    std::optional<std::int64_t> max_count;
};

// Sets the rule, or takes it away when it says nothing, and sends all rules of the queue.
void set_retention(std::string_view queue, const RetentionRule& rule, pg::RowSink& sink);
// Without a queue: of all queues.
void list_retention(std::optional<std::string_view> queue, pg::RowSink& sink);

// The duty. It goes from queue to queue, and in each through the archive by id.
Batch enforce_retention(Bookmark& bookmark);

}  // namespace pgqrs::queue
