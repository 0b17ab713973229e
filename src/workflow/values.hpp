// Words of workflows as values of their SQL types.
#pragma once

#include "core/run.hpp"
#include "pg/value.hpp"

namespace pgqrs::workflow {

pg::Value value_of(core::RunReason reason);
pg::Value value_of(core::Final final);
pg::Value value_of(core::StepKind kind);
pg::Value value_of(core::StepStatus status);
// Of pgqrs.run_state.
pg::Value run_state(const char* label);
// Of pgqrs.suspend_status.
pg::Value suspend_status(const char* label);

}  // namespace pgqrs::workflow
