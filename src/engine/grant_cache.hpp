// Grants on queues, found without a query.
//
// Each backend keeps the grants of the queues for which it had to look. A change of the table
// pgqrs.grants, by a function or by hand, announces itself at commit as changes of queues do (trigger
// grants_changed), and the copies are dropped. A call takes notice of announcements when it looks its
// queue up, so a revoke that has committed counts for the next call of every session.
#pragma once

#include <cstdint>
#include <vector>

#include "core/rights.hpp"

namespace pgqrs::engine {

// Whether one of these rights on the queue was granted to the current user, or to a role whose rights he
// has.
bool has_grant(std::int32_t queue_id, core::Rights rights);

// The queues on which he has one, by id. It looks into the table each time.
std::vector<std::int32_t> granted_queues(core::Rights rights);

// Has every backend look grants up anew after this transaction's commit.
void announce_grants_changed();

}  // namespace pgqrs::engine
