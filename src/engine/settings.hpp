// The configuration parameters pgqrs.*; defined once, when the library is loaded.
#pragma once

#include <cstdint>

namespace pgqrs::engine {

void define_settings();

// Largest payload, and largest headers, in bytes of uncompressed jsonb.
std::int64_t max_payload_bytes();
// Largest number of messages in one call.
std::int64_t max_batch_size();
// How long to go without a rescan, in microseconds: at most without shared marks, at least with them.
std::int64_t rescan_interval();
// The longest pause between two looks of somebody who waits without shared memory, in microseconds.
std::int64_t poll_interval();
// The longest wait of a dequeue, in microseconds.
std::int64_t max_wait();
// The longest delay of a message, in microseconds.
std::int64_t max_delay();
// Failures of a message that are kept.
int failures_kept();
// How long the rows of workers that are dead or stopped are kept, in microseconds; 0: for ever.
std::int64_t workers_kept();
// How often maintenance takes place, in microseconds; 0: never by itself.
std::int64_t maintenance_interval();
// Queues that shared memory has room for; set when the server starts.
int max_shared_queues();
// Background workers of a database that execute runs of workflows.
inline constexpr int kMostRunners = 64;
int workflow_runners();
// Microseconds added to the clock; zero outside tests.
std::int64_t clock_offset();

}  // namespace pgqrs::engine
