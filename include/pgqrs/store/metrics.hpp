// Metrics of queues, counted in the tables.
#pragma once

#include <string_view>

#include "pgqrs/pg/spi.hpp"

namespace pgqrs::store {

// Answers the one row; call inside with_spi().
pg::Rows queue_metrics(std::string_view queue);
void all_queues_metrics(pg::RowSink& sink);

}  // namespace pgqrs::store
