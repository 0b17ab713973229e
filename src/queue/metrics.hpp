// Metrics of queues: from the counts in shared memory where these are known, and counted in the tables
// where they are not or the caller wants it exact. The COMMENTs in sql/parts say what is what.
#pragma once

#include <string_view>

#include "pg/spi.hpp"

namespace pgqrs::queue {

// Answers the one row; call inside with_spi().
pg::Rows queue_metrics(std::string_view queue, bool exact);
void all_queues_metrics(bool exact, pg::RowSink& sink);

}  // namespace pgqrs::queue
