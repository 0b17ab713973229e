// The key of a step among the arguments of a call.
#pragma once

#include "core/run.hpp"
#include "pg/call.hpp"

namespace pgqrs::fn {

inline core::StepKey step_key(pg::Call& call, int name, int seq) {
    return core::step_key(call.text(name, "name"), call.int8_or(seq, 0));
}

}  // namespace pgqrs::fn
