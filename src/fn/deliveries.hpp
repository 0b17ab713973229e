// Arguments that name deliveries.
#pragma once

#include <vector>

#include "engine/deliveries.hpp"
#include "pg/call.hpp"

namespace pgqrs::fn {

// From the arguments id (at place 1) and read_ct.
engine::Delivery delivery(pg::Call& call, int read_ct_index);

// From the argument ids (at place 1) and, when not null, read_cts. Raises PQ010 for another number of those.
std::vector<engine::Delivery> deliveries(pg::Call& call, int read_cts_index);
// The same for ids that were read elsewhere.
std::vector<engine::Delivery> deliveries(pg::Call& call, const std::vector<std::int64_t>& ids,
                                         int read_cts_index);

}  // namespace pgqrs::fn
