// The background worker that gives the messages of ended sessions to others. The launcher starts it at once when
// a process ends that workers are bound to (engine/sessions.hpp), also when pgqrs.maintenance_interval is
// 0, and beside rounds that take long. It looks once, and again while somebody has such a worker locked.
#pragma once

#include "pg/compat.hpp"

namespace pgqrs::bgw {

// False when there is no room for it. May raise.
bool start_reaper(Oid database);

}  // namespace pgqrs::bgw
