// Telling other backends that their copies of a table's rows are stale, by the relation cache
// invalidations of PostgreSQL: sent at commit, and processed at the start of transactions and with
// locks.
#pragma once

#include "pg/compat.hpp"

namespace pgqrs::pg {

// Tells every backend, at commit, that cached copies of the relation's rows are stale.
void announce_change(Oid relation);

// Tells the others now, and not only after the callbacks at the end of the transaction. For such a
// callback: it never raises.
void announce_change_now(Oid relation) noexcept;

// Takes notice of such announcements now.
void accept_announcements();

// Has `flag` set to true whenever a change of `*relation` (or of everything) is announced. Both pointers
// must stay valid as long as the backend.
void watch_changes(const Oid* relation, bool* flag);

}  // namespace pgqrs::pg
