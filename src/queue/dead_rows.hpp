// Tables of ours with more dead rows than autovacuum should have left. A vacuum needs transactions of its own, so
// a background worker does it (bgw/vacuum.hpp), and not maintain().
//
// A table is late when it has twice as many dead rows as autovacuum waits for, and nobody has vacuumed it for
// twice as long as autovacuum pauses between two looks. While a snapshot is held, a vacuum would remove
// nothing more than the last one. So pgqrs.maintenance remembers, as position, the oldest transaction that the
// last one had to respect, and there is none before that one has ended.
#pragma once

#include <cstdint>
#include <optional>
#include <string>

#include "pg/vacuum.hpp"

namespace pgqrs::queue {

struct LateTable {
    Oid table = InvalidOid;
    std::string name;
    std::int64_t dead = 0;     // rows
    std::int64_t horizon = 0;  // pg::oldest_needed_by()
    std::int64_t vacuums = 0;  // so far
    pg::VacuumPace pace;
};

// The one with the most dead rows; nothing when there is none, or somebody is at it.
std::optional<LateTable> find_late_table();

// Notes that the table has been vacuumed; answers how many dead rows fewer it has. Nothing when it has not been.
std::optional<std::int64_t> note_vacuumed(const LateTable& table);

}  // namespace pgqrs::queue
