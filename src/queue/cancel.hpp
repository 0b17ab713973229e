// Messages that nobody wants any more.
#pragma once

#include <cstdint>
#include <span>
#include <string_view>
#include <vector>

namespace pgqrs::queue {

// The labels of the SQL type pgqrs.cancel_result, in its order.
enum class CancelResult { cancelled, requested, not_found };

// Takes messages that nobody has out of the queue, marks those in flight, and answers what it did with
// each.
std::vector<CancelResult> cancel(std::string_view queue, std::span<const std::int64_t> ids);

}  // namespace pgqrs::queue
