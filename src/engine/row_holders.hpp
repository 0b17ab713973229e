// Who holds rows of a queue: transactions under way that have locked, changed or deleted some.
//
// For calls that delete all rows of a queue. They wait for these transactions before they lock a row themselves, so
// that nobody waits for them meanwhile (queue_alone.hpp). It reads the rows' headers, and locks and writes nothing. So
// it takes a small part of the time that deleting the same rows takes.
#pragma once

#include <cstdint>
#include <initializer_list>
#include <vector>

#include "engine/access.hpp"
#include "pg/compat.hpp"

namespace pgqrs::engine {

// Some transactions other than the caller's, or subtransactions of them, that hold rows of the queue in these tables;
// none when there are none. It does not tell who came meanwhile. Rows with a higher id than `last_id` do not count. A
// table that is no ordinary one, or from which the caller may not delete, is passed over.
std::vector<TransactionId> row_holders(const Access& access,
                                       std::initializer_list<const TableSpec*> tables,
                                       std::int64_t last_id = INT64_MAX);

}  // namespace pgqrs::engine
