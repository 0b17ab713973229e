// Children: runs that a run starts by a step.
//
// A child is a run like any other, which knows its parent. It is started in the transaction that records the
// step, so there is one child for one step, whatever happens. join.hpp has the wait for their end, cascade.hpp
// what becomes of them when the parent has ended.
#pragma once

#include <cstdint>
#include <span>
#include <string_view>
#include <vector>

#include "core/run.hpp"
#include "pg/call.hpp"
#include "pg/rows.hpp"
#include "workflow/start.hpp"

namespace pgqrs::workflow {

// The step that starts children.
struct ChildStep {
    std::int64_t run;
    std::int64_t read_ct;
    core::StepKey key;
    std::string_view workflow;
    NewRuns common;  // the parent is filled in
};

// One row: the child, and whether this call created it.
void start_child(ChildStep step, const std::optional<pg::Json>& input, pg::RowSink& sink);

// A child for each input, as one step. Answers their ids in the order of the inputs, or those that were recorded.
std::vector<std::int64_t> start_children(ChildStep step,
                                         std::span<const std::optional<pg::Json>> inputs);

}  // namespace pgqrs::workflow
