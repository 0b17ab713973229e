// The table pgqrs.failures: what went wrong with a message.
#pragma once

#include <cstdint>
#include <span>
#include <string>
#include <string_view>

#include "core/instant.hpp"
#include "engine/table.hpp"
#include "pg/rows.hpp"
#include "pg/value.hpp"

namespace pgqrs::queue {

struct NewFailure {
    std::int64_t message;
    std::int32_t read_ct;
    std::int16_t attempt;
    bool died;
    pg::Value worker;  // an id, or null
    std::string_view error;
};

// Adds failures of messages of the queue of `access`, and removes the oldest of each message beyond pgqrs.failures_kept.
// A long error is cut. The caller holds the messages.
void record_failures(const engine::Access& access, std::span<const NewFailure> failures,
                     core::Instant now);

// An error as it is kept: one of more than 10,000 bytes is cut between characters, with a mark.
std::string shortened(std::string_view error);

// Sends the failures of a message, the oldest first: of one that is in the queue or its archive, or has
// failed in it.
void list_failures(std::string_view queue, std::int64_t message, pg::RowSink& sink);

}  // namespace pgqrs::queue
