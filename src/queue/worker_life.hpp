// What becomes of a worker: its states, the messages it leaves behind, its end.
// core/worker.hpp draws the states; presence.hpp has signs of life, reaping.hpp death.
#pragma once

#include <cstdint>
#include <optional>
#include <string_view>

#include "core/duration.hpp"
#include "pg/rows.hpp"

namespace pgqrs::queue {

// Each answers the worker's row, as pgqrs.worker; inside with_spi(). Raises PQ008 when there is none, PQ014
// when it cannot go to that state from its own. Those who wait for messages of the queue look what has become
// of their worker.
pg::Rows suspend_worker(std::int64_t id);
pg::Rows resume_worker(std::int64_t id);
// Gives its messages back, too.
pg::Rows stop_worker(std::int64_t id);

// Gives the worker's messages back, so that the deliveries do not count against max_deliveries; answers their
// number. It leaves those that somebody else has locked. It walks the queue in the order of delivery, and
// in each priority it ends after ten thousand messages in a row that nobody has. Raises PQ008 when there is
// no such worker.
std::int64_t release_worker_messages(std::int64_t id);

// Removes a worker; false when there is none. The leases of a dead one would count again, so they are ended
// first, without a bound. It waits for those who have messages of it locked.
bool delete_worker(std::int64_t id);

// The same for those that have been dead or stopped for at least so long; of all queues without one. It waits
// for nobody: those whose row somebody has locked stay, and so do all dead ones of a queue while somebody has
// a message of theirs locked. Answers their number.
std::int64_t purge_workers(std::optional<std::string_view> queue, const core::Span& older_than);

}  // namespace pgqrs::queue
