// Events of a queue of runs: each is emitted once, stays, and any number of runs may wait for it.
#pragma once

#include <cstdint>
#include <optional>
#include <string_view>

#include "core/duration.hpp"
#include "core/run.hpp"
#include "pg/call.hpp"
#include "pg/rows.hpp"

namespace pgqrs::workflow {

// Whether it is the first time: then the payload is that of the event for good.
bool emit_event(std::string_view queue, std::string_view event,
                const std::optional<pg::Json>& payload);

struct EventWait {
    std::int64_t run;
    std::int64_t read_ct;
    core::StepKey key;
    std::string_view event;
    std::optional<core::Span> timeout;
};
void wait_for_event(const EventWait& wait, pg::RowSink& sink);

}  // namespace pgqrs::workflow
