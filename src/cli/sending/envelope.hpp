// Messages as lines of NDJSON: what `message export` writes and `message send --envelope` reads.
//
//   {"id": 7, "priority": 5, ..., "available_at": "2026-...Z", "headers": {"type": "mail"}, "payload": {"to": "ada"}}
//
// Sending uses payload, headers, priority, either available_at or delay ("30s", or seconds), max_attempts and
// expires_after; what else an export has is passed over, what it does not have is an error. Exports of older versions have
// fewer keys.
#pragma once

#include <string>
#include <string_view>

#include "pgqrs/client/message.hpp"

namespace pgqrs::cli {

// Why the text is not JSON, or nothing when it is.
std::string json_fault(std::string_view text);

// Fills the message from a line, which must be JSON. What is wrong with it, or nothing.
std::string read_envelope(const std::string& line, NewMessage& message);

// On one line, without its end; what is null is left out.
std::string envelope_of(const Message& message);
std::string envelope_of(const ArchivedMessage& message);

}  // namespace pgqrs::cli
