// SQL functions of sql/parts/90_runs.sql.
#include "pg/boundary.hpp"
#include "pg/catalog.hpp"
#include "engine/table.hpp"
#include "workflow/cancel.hpp"

using namespace pgqrs;

namespace {

Datum control_result(const char* label) {
    return pg::enum_value(engine::kSchema, "run_control", label).datum;
}

}  // namespace

PGQRS_FUNCTION(pgqrs_cancel_run) {
    switch (workflow::cancel_run({.run = call.int8(0, "run"),
                                  .reason = call.optional_text(1),
                                  .cascade = call.boolean_or(2, true)})) {
        case workflow::Cancelled::cancelled:
            return control_result("cancelled");
        case workflow::Cancelled::requested:
            return control_result("requested");
        case workflow::Cancelled::ended:
            break;
    }
    return control_result("ended");
}
