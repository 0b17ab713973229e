// Vacuuming a table, from a background worker that is there for nothing else. It does what a worker of
// autovacuum does: it waits for no lock, gives no space back to the operating system, and keeps to the
// cost limits of autovacuum.
#pragma once

#include <cstdint>
#include <string>

#include "pg/compat.hpp"

namespace pgqrs::pg {

// Has others treat this process as a worker of autovacuum until it ends: PostgreSQL cancels its vacuum for
// whoever has waited deadlock_timeout for a lock on the table, and ends it for DROP DATABASE and the like.
void give_way_as_autovacuum() noexcept;

// The values of vacuum_cost_delay and vacuum_cost_limit.
struct VacuumPace {
    std::string cost_delay;
    std::string cost_limit;
};

// Call outside of transactions; it uses some of its own. It does nothing when the table is gone or somebody
// has locked it. False when there was an error, which is in the log then.
bool vacuum_table(Oid table, const VacuumPace& pace);

// The oldest transaction that keeps a vacuum of the table from removing rows that it, or a later one, has
// deleted. As a number that never wraps around. Inside a transaction.
std::int64_t oldest_needed_by(Oid table);

}  // namespace pgqrs::pg
