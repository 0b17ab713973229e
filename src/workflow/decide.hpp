// Deciding what came of a step that nobody knows the outcome of.
#pragma once

#include <cstdint>
#include <optional>
#include <string_view>

#include "core/run.hpp"
#include "pg/call.hpp"

namespace pgqrs::workflow {

struct Decision {
    std::int64_t run;
    core::StepKey key;
    std::optional<pg::Json> output;
    std::optional<std::string_view> error;  // instead of an output
};

// Records a step that was begun and not recorded, by a delivery that has ended: as overridden, or as failed.
// Raises PQ017 when there is no such run, PQ019 when the step was recorded, PQ010 when there is no such step, or
// a worker is executing it.
void decide_step(const Decision& decision);

}  // namespace pgqrs::workflow
