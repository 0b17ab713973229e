// What is known of a queue without counting.
#pragma once

#include <optional>

#include "engine/counts.hpp"
#include "engine/table.hpp"

namespace pgqrs::engine {

// Whether counts can be known, and told to the caller. Not without shared memory, on a standby, in
// REPEATABLE READ and SERIALIZABLE (they are of now, not of the snapshot), or to those who may not read
// all the rows of the queue themselves.
bool may_know_counts(const Access& access);

// The counts and marks of a queue, with what the transaction under way has changed itself. Nothing when
// they are not known. If `patient`, tries to have the queue counted anew then, waiting a moment until
// others let it, and sets it to false when that was in vain. Call inside with_spi(), where
// may_know_counts().
std::optional<QueueState> known_state(QueueMarks& queue, const Access& access, bool& patient);

}  // namespace pgqrs::engine
