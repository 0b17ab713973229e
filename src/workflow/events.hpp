// Events of a queue of runs: each is emitted once, stays, and any number of runs may wait for it.
#pragma once

#include <optional>
#include <string_view>

#include "pg/call.hpp"
#include "pg/rows.hpp"
#include "workflow/suspend.hpp"

namespace pgqrs::workflow {

// Whether it is the first time: then the payload is that of the event for good.
bool emit_event(std::string_view queue, std::string_view event,
                const std::optional<pg::Json>& payload);

void wait_for_event(const NamedWait& wait, pg::RowSink& sink);

}  // namespace pgqrs::workflow
