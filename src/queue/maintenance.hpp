// Work that nobody waits for, as a list of duties. Each is done in batches, and a batch is bounded and needs
// one transaction. Background workers, maintain() and waiting consumers do the same batches.
//
// The table pgqrs.maintenance remembers from batch to batch how far a duty has come. Who does a batch holds
// the duty, by a lock that nobody waits for. So two at a time share the duties, and no work is done twice.
#pragma once

#include <cstdint>
#include <span>

#include "core/instant.hpp"

namespace pgqrs::queue {

struct Batch {
    std::int64_t done = 0;  // rows dealt with
    bool more = false;      // whether it has not come to the end of what it goes through
};

// So many batches of a duty that find nothing are enough for a round that nobody waits for.
inline constexpr int kMostIdleBatches = 20;

// Where a duty is; what it leaves here is there at its next batch. The numbers are those of
// pgqrs.maintenance, and mean what the duty wants.
struct Bookmark {
    std::int32_t queue = 0;
    std::int64_t position = INT64_MIN;
    core::Instant cutoff = core::kBeginning;

    bool operator==(const Bookmark&) const = default;
};

struct MaintenanceDuty {
    const char* name;  // in pgqrs.maintenance
    const char* did;   // for the log: "took out"
    Batch (*run)(Bookmark& bookmark);
};

// In the order of a round.
inline constexpr std::size_t kMostMaintenanceDuties = 12;
std::span<const MaintenanceDuty> maintenance_duties();

// Adds duties behind those of queues. Workflows are built on queues, so they do it when the library is loaded.
// Throws std::length_error when there are too many.
void add_maintenance_duties(std::span<const MaintenanceDuty> duties);

// Does one batch in the transaction under way, in READ COMMITTED; none when somebody else has the duty.
Batch run_batch(const MaintenanceDuty& duty);

}  // namespace pgqrs::queue
