// Delivering runs to workers.
#pragma once

#include <cstdint>
#include <optional>
#include <string_view>
#include <vector>

#include "core/duration.hpp"
#include "pg/rows.hpp"

namespace pgqrs::workflow {

struct ClaimRequest {
    std::string_view queue;
    std::int64_t quantity = 1;
    std::optional<core::Duration> visibility = {};  // none: the queue's
    core::Duration wait = 0;
    std::optional<std::int64_t> worker = {};
    std::int64_t step_bytes = 0;
};

// Leases runs as queue::dequeue() leases messages, and answers their ids. Those whose end was asked for end
// instead.
std::vector<std::int64_t> lease_runs(const ClaimRequest& request);

// The same, and sends each with its steps.
void claim_runs(const ClaimRequest& request, pg::RowSink& sink);

}  // namespace pgqrs::workflow
