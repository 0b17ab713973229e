// What finishing needs of a queue, and how a delivery is given back.
#pragma once

#include <string_view>

#include "core/message.hpp"
#include "engine/deliveries.hpp"
#include "engine/marks.hpp"
#include "engine/queue_cache.hpp"
#include "engine/table.hpp"

namespace pgqrs::queue {

// The queue and its messages, held until the end of the transaction.
struct Held {
    // `rights`: with a grant of one of them the caller needs no privileges.
    Held(std::string_view name, core::Rights rights);
    // The same for a queue of messages. Raises PQ023 for one that holds runs; `instead` is the function to use
    // then.
    Held(std::string_view name, core::Rights rights, const char* instead);
    // What gives the right to use it is one on another queue.
    Held(std::string_view name, const engine::Access& access);

    engine::RowsById rows(const engine::SortedDeliveries& deliveries) const {
        return {messages, marks, deliveries.keys()};
    }

    engine::Queue queue;
    engine::Access access;
    engine::Table messages;
    engine::QueueMarks& marks;

private:
    Held(const engine::Queue& queue, const engine::Access& access);
};

// Raises PQ023 for a queue whose messages are runs; `instead` is the function to use then.
void require_messages(const engine::Queue& queue, std::string_view name, const char* instead);
// The other way round.
void require_runs(const engine::Queue& queue, std::string_view name, const char* instead);

// The columns that give_back() writes.
inline constexpr engine::Places kGivenBack =
    engine::places(engine::MessageColumn::flags, engine::MessageColumn::given_back,
                   engine::MessageColumn::vt, engine::MessageColumn::worker_id);

// Ends the lease of a message, if it has one, so that the delivery does not count against max_deliveries.
// `flags` replace all but the wish to have it cancelled. Part of a RowEdit.
void give_back(const core::Message& row, std::int16_t flags, pg::Value* cells);

}  // namespace pgqrs::queue
