// A queue and its messages as a call that changes messages works with them.
#pragma once

#include <string_view>

#include "engine/marks.hpp"
#include "engine/queue_cache.hpp"
#include "engine/tables.hpp"

namespace pgqrs::queue {

// Both are held until the end of the transaction. Raises PQ002, PQ004, and what hold_table() raises.
struct Held {
    explicit Held(std::string_view name)
        : queue(engine::hold_queue(name)),
          messages(engine::hold_table(engine::kMessages, engine::Purpose::write)),
          marks(engine::marks_of(messages.relation, queue.id)) {}

    engine::Queue queue;
    engine::Table messages;
    engine::QueueMarks& marks;
};

}  // namespace pgqrs::queue
