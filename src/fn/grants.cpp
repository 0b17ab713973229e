// SQL functions of sql/parts/85_grants.sql.
#include "queue/grants.hpp"

#include "pg/boundary.hpp"

using namespace pgqrs;

namespace {

queue::Grant grant(pg::Call& call) {
    return {.queue = call.text(0, "queue"),
            .role = call.text(1, "role"),
            .privilege = call.text(2, "privilege")};
}

}  // namespace

PGQRS_FUNCTION(pgqrs_grant_queue) { return call.boolean_result(queue::grant_queue(grant(call))); }

PGQRS_FUNCTION(pgqrs_revoke_queue) { return call.boolean_result(queue::revoke_queue(grant(call))); }

PGQRS_FUNCTION(pgqrs_list_grants) {
    auto sink = call.rows_result();
    queue::list_grants(call.optional_text(0), sink);
    return sink.done();
}
