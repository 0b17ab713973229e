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

#include "pgqrs/core/scan_floor.hpp"
#include "pgqrs/pg/catalog.hpp"
#include "pgqrs/pg/clock.hpp"
#include "pgqrs/pg/spi.hpp"

namespace pgqrs::pg {

// Names of a message table's columns.
struct ClaimColumns {
    const char* id;
    const char* queue_id;
    const char* priority;
    const char* available_at;
    const char* vt;
    const char* read_ct;
    const char* worker_id;
    const char* delivered_at;
    const char* enqueued_at;
    // Those of a result row, in order, with the types the row has; without a name: the queue's name.
    std::span<const Column> result;
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
// For tables of which is_plain_table() is true. Skips rows that other transactions have locked.
// Needs SELECT and UPDATE (look_only: SELECT) on the table. Raises 25006 in a read-only transaction, and 40001 when a
// REPEATABLE READ or SERIALIZABLE transaction meets a row changed since its snapshot, 55000 when the
// index is not what it should be.
std::uint64_t claim(Oid table, Oid order_index, const ClaimColumns& columns, const Claim& wanted,
                    core::Scan& scan, core::Touched& touched, RowSink* sink);

}  // namespace pgqrs::pg
