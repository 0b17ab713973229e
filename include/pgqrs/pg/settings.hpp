// The configuration parameters pgqrs.*; defined once, when the library is loaded.
#pragma once

#include <cstdint>

namespace pgqrs::pg {

void define_settings();

// Largest payload, and largest headers, in bytes of uncompressed jsonb.
std::int64_t max_payload_bytes();
// Largest number of messages in one call.
std::int64_t max_batch_size();
// Microseconds added to the clock; zero outside tests.
std::int64_t clock_offset();

}  // namespace pgqrs::pg
