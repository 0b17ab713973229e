// SQL functions of sql/parts/82_maintenance.sql.
#include "queue/maintenance.hpp"

#include <string>

#include "pg/boundary.hpp"
#include "pg/procedure.hpp"
#include "queue/purge.hpp"
#include "queue/retention.hpp"
#include "queue/rounds.hpp"

using namespace pgqrs;

PGQRS_FUNCTION(pgqrs_maintain) {
    const core::Duration budget = call.interval_or(0, core::kSecond);
    pg::Procedure procedure(call.info(), "pgqrs.maintain");
    const std::int64_t done = queue::maintain(budget, [&procedure] { procedure.commit(); });
    return procedure.result(pg::int8(done));
}

PGQRS_FUNCTION(pgqrs_purge) {
    const queue::PurgeRequest request{.queue = std::string(call.text(0, "queue")),
                                      .archive = call.boolean_or(1, false),
                                      .older_than = call.span_or_none(2)};
    pg::Procedure procedure(call.info(), "pgqrs.purge");
    const std::int64_t purged =
        queue::purge_in_batches(request, [&procedure] { procedure.commit(); });
    return procedure.result(pg::int8(purged));
}

PGQRS_FUNCTION(pgqrs_set_retention) {
    auto sink = call.rows_result();
    queue::set_retention(call.text(0, "queue"),
                         {.outcome = call.optional_text(1),
                          .max_age = call.optional_interval(2),
                          .max_count = call.optional_int8(3)},
                         sink);
    return sink.done();
}

PGQRS_FUNCTION(pgqrs_list_retention) {
    auto sink = call.rows_result();
    queue::list_retention(call.optional_text(0), sink);
    return sink.done();
}
