// Taking messages off the front of a queue without the executor: walk an index in order, lock each
// wanted row without waiting, change it in place. It means the same as
//
//     UPDATE ... WHERE id IN (SELECT ... ORDER BY ... FOR NO KEY UPDATE SKIP LOCKED LIMIT n)
//
// and takes half of its time.
#pragma once

#include <cstdint>
#include <optional>
#include <span>
#include <string_view>

#include "core/scan_floor.hpp"
#include "pg/catalog.hpp"
#include "engine/clock.hpp"
#include "pg/spi.hpp"

namespace pgqrs::engine {

// A column of the result: its type, and the place of the table's column it comes from.
struct ResultColumn {
    std::size_t place;
    Oid type;
};
inline constexpr std::size_t kQueueName = SIZE_MAX;

// Places of a message table's columns in the list its pg::PlainTable was made for.
struct ClaimColumns {
    std::size_t id;
    std::size_t queue_id;
    std::size_t priority;
    std::size_t available_at;
    std::size_t vt;
    std::size_t read_ct;
    std::size_t worker_id;
    std::size_t delivered_at;
    std::size_t enqueued_at;
    // Of a result row.
    std::span<const ResultColumn> result;
};

struct Claim {
    std::int32_t queue_id;
    std::string_view queue;
    Timestamp now;
    Timestamp lease_end;
    std::int32_t max_deliveries;
    std::optional<std::int64_t> worker;
    std::int64_t quantity;
    // Walk beyond `now`, to the first message that has to wait for its time.
    bool look_ahead;
    // Change and lock nothing, answer only how many there are.
    bool look_only;
};

// Claims up to `quantity` messages that are available and not leased, in the order of priority and
// of the index, which is on (queue_id, priority, available_at, id), and puts them into the sink as
// they are then. Makes the walks of the scan that have a start, and fills in what they found; notes
// the rows it changed, and those it only locked, as touched. Answers the number of claimed messages.
//
// With look_only the sink may be null, and rows that others have locked do not count, either.
//
// Skips rows that other transactions have locked.
// Needs SELECT and UPDATE (look_only: SELECT) on the table. Raises 25006 in a read-only transaction, and 40001 when a
// REPEATABLE READ or SERIALIZABLE transaction meets a row changed since its snapshot, 55000 when the
// index is not what it should be.
std::uint64_t claim(const pg::PlainTable& table, Oid order_index, const ClaimColumns& columns,
                    const Claim& wanted, core::Scan& scan, core::Touched& touched,
                    pg::RowSink* sink);

}  // namespace pgqrs::engine
