#include "workflow/state.hpp"

#include "core/error.hpp"
#include "engine/access.hpp"
#include "engine/clock.hpp"
#include "engine/tables.hpp"
#include "pg/spi.hpp"

namespace pgqrs::workflow {
namespace {

constinit pg::Statement select_state(
    "SELECT " PGQRS_RUN_STATE("$2") " FROM pgqrs.runs AS r"
    " LEFT JOIN pgqrs.messages AS m ON m.id = r.id WHERE r.id = $1",
    pg::Planning::indexed);

}  // namespace

std::string state_of(std::int64_t run) {
    return pg::with_spi([&] {
        const engine::StatementRights rights({{&engine::kRuns, ACL_SELECT},
                                              {&engine::kMessages, ACL_SELECT},
                                              {&engine::kWorkers, ACL_SELECT}});
        const pg::Rows rows =
            select_state.run_latest({pg::int8(run), pg::timestamptz(engine::clock_now())});
        if (rows.empty()) {
            throw core::Error(core::SqlState::run_not_found,
                              "run " + std::to_string(run) + " does not exist");
        }
        return std::string(pg::text_of(rows.at(0, 1)));
    });
}

}  // namespace pgqrs::workflow
