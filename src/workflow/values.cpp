#include "workflow/values.hpp"

#include "engine/table.hpp"
#include "pg/catalog.hpp"

namespace pgqrs::workflow {

pg::Value value_of(core::RunReason reason) {
    return pg::enum_value(engine::kSchema, "run_reason", core::label_of(reason));
}

pg::Value value_of(core::Final final) { return run_state(core::label_of(final)); }

pg::Value value_of(core::StepKind kind) {
    return pg::enum_value(engine::kSchema, "step_kind", core::label_of(kind));
}

pg::Value value_of(core::StepStatus status) {
    return pg::enum_value(engine::kSchema, "step_status", core::label_of(status));
}

pg::Value run_state(const char* label) {
    return pg::enum_value(engine::kSchema, "run_state", label);
}

pg::Value suspend_status(const char* label) {
    return pg::enum_value(engine::kSchema, "suspend_status", label);
}

}  // namespace pgqrs::workflow
