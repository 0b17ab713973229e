// What is in a queue: pgqrs.metrics.
#pragma once

#include <array>
#include <string_view>

#include "pg/rows.hpp"
#include "pg/value.hpp"

namespace pgqrs::queue {

// A row of pgqrs.metrics.
using MetricsRow = std::array<pg::Value, 15>;

// Counts every message when `exact`, or when the counts are not known; else answers what is known.
// Raises PQ002, and 40001 when the transaction's snapshot does not show the queue. Call inside
// with_spi().
MetricsRow queue_metrics(std::string_view queue, bool exact);

// The same of all queues, by name.
void all_queues_metrics(bool exact, pg::RowSink& sink);

}  // namespace pgqrs::queue
