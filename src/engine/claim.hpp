// Walking a queue in the order of delivery: taking messages off its front, or looking at them.
//
// A claim walks the order index from the scan floors on, locks each wanted row without waiting and
// changes or deletes it in place. It means the same as
//
//     UPDATE ... WHERE id IN (SELECT ... ORDER BY ... FOR NO KEY UPDATE SKIP LOCKED LIMIT n)
//
// and takes half of its time.
#pragma once

#include <cstdint>
#include <optional>
#include <span>
#include <string_view>
#include <vector>

#include "core/message.hpp"
#include "engine/dead_workers.hpp"
#include "engine/marks.hpp"
#include "engine/table.hpp"
#include "pg/rows.hpp"

namespace pgqrs::engine {

// A column of the result: its type, and the place of the table's column it comes from.
struct ResultColumn {
    std::size_t place;
    Oid type;
};
// In the place of a place: the name of the queue, and the constant false.
inline constexpr std::size_t kQueueName = SIZE_MAX;
inline constexpr std::size_t kFalse = SIZE_MAX - 1;

enum class Take {
    lease,   // gives each message a lease
    remove,  // deletes each message
    show,    // changes and locks nothing, and shows messages that others have locked, too
    count,   // changes and locks nothing, answers how many there are that nobody has locked
};

struct Claim {
    Take take;
    std::int32_t queue_id;
    std::string_view queue;
    std::int64_t quantity;
    core::DeliveryRule rule;
    // Those of the rule, and the state of the queue cache that it is from (queue_cache.hpp).
    DeadWorkers dead_workers = nullptr;
    std::uint32_t known_since = 0;
    core::Duration lease = 0;
    std::optional<std::int64_t> worker = std::nullopt;
    // Gets the ids of messages on their way out that the walk meets, as many as its capacity has room for.
    std::vector<std::int64_t>* leaving = nullptr;
    // Gets the ids of the messages that were taken, as the sink does. It must have room for the quantity.
    std::vector<std::int64_t>* taken = nullptr;
};

// Takes up to `quantity` messages that are pending, in the order of priority and of the index, and
// puts them into the sink, if there is one, as the result columns say; answers their number. Messages of one transaction alone are seen by that one.
//
// With Take::remove the rows show the delivery that ends with it: read_ct + 1, without lease and
// worker.
//
// Raises 42501 without SELECT, and UPDATE or DELETE where something is changed; 25006 in a read-only
// transaction; 40001 when a REPEATABLE READ or SERIALIZABLE transaction meets a row changed since its
// snapshot; 55000 when the table has no index in the order of delivery.
std::int64_t claim(const Table& table, QueueMarks& marks, const Claim& wanted,
                   std::span<const ResultColumn> result, pg::RowSink* sink);

// When the longest waiting message of the queue became available that is pending at `now`;
// core::kNever for none. Looks from where the marks say that it can be. Raises 42501 without SELECT,
// and 55000 as above.
core::Instant oldest_pending(const Table& table, std::int32_t queue_id, core::DeliveryRule rule,
                             const core::Marks& marks, core::Instant now);

}  // namespace pgqrs::engine
