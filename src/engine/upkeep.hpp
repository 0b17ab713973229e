// The databases whose queues are maintained, in shared memory. Sessions put theirs on the list, and the
// launcher of the workers (bgw/maintenance.hpp) reads it.
//
// It exists with preloading. One lock protects all of it; who takes it takes no other lock of ours meanwhile.
#pragma once

#include <span>

#include "core/duration.hpp"
#include "pg/compat.hpp"

namespace pgqrs::engine {

inline constexpr int kMostMaintained = 256;

// Asks for the memory. Call while preloading.
void request_upkeep();

// Has the database of this session maintained from now on. Cheap when it is on the list. Never raises.
void want_upkeep() noexcept;

// A session of this database has ended that workers were bound to (sessions.hpp): the launcher shall start a
// reaper for the database. Never raises.
void want_reaper() noexcept;

// For the launcher. While it runs, its latch is set when a database comes onto the list.
void attend_upkeep() noexcept;
void leave_upkeep() noexcept;
// The databases on the list; answers how many.
int maintained_databases(std::span<Oid> room) noexcept;
// Puts one on the list, or takes it off. False when the list is full.
bool maintain_database(Oid database) noexcept;
void forget_database(Oid database) noexcept;
// A database on the list that wants a reaper, and does not any more with this call; InvalidOid when there is none.
Oid take_wanted_reaper() noexcept;
// It wants one again.
void want_reaper_of(Oid database) noexcept;

}  // namespace pgqrs::engine
