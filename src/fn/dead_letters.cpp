// SQL functions of sql/parts/67_dead_letters.sql.
#include "core/limits.hpp"
#include "pg/boundary.hpp"
#include "queue/redrive.hpp"

using namespace pgqrs;

PGQRS_FUNCTION(pgqrs_list_dead) {
    auto sink = call.rows_result();
    queue::list_dead(call.text(0, "queue"), call.int8_or(1, 0), call.int8_or(2, core::kDefaultPage),
                     sink);
    return sink.done();
}

PGQRS_FUNCTION(pgqrs_redrive) {
    const queue::RedriveTerms terms{
        .ids = call.is_null(1) ? std::nullopt : std::optional(call.int8_array(1, "ids")),
        .to = call.optional_text(2),
        .quantity = call.optional_int8(3)};
    return call.int8_result(queue::redrive(call.text(0, "queue"), terms));
}

PGQRS_FUNCTION(pgqrs_discard) {
    return call.int8_result(queue::discard(call.text(0, "queue"), call.int8_array(1, "ids")));
}
