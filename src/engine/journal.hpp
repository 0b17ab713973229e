// What this backend knows of the queues it uses, and what the transaction under way did to their
// messages. When the transaction, or a subtransaction, ends, the queues' marks are lowered to that.
#pragma once

#include <cstdint>
#include <string_view>

#include "core/scan_floor.hpp"
#include "pg/compat.hpp"
#include "engine/marks.hpp"

namespace pgqrs::engine {

// Has transactions watched. Call when the library is loaded.
void watch_touches();

// The marks of a queue of the table of messages.
QueueMarks& marks_of(Oid messages, std::int32_t queue_id);

// Where to note what the current subtransaction does to messages of the queue, before or after doing
// it. The reference holds until the subtransaction ends.
core::Touched& touched(Oid messages, std::int32_t queue_id);

// The marks of what the transaction under way has done so far, and only it can see.
core::Marks touched_so_far(const QueueMarks& queue);

// When, at the earliest, a message can be delivered that only the transaction under way can see, on
// the queue's clock; core::kNever when there is none. In the past when it cannot be told.
core::Instant own_next_event(const QueueMarks& queue);

// A message as a row has it.
struct MessagePlace {
    std::int32_t queue_id;
    std::int32_t priority;
    std::int64_t id;
    core::MessageTimes times;

    core::Position position() const { return {times.available_at, id}; }
};

// Notes a row that the current subtransaction inserted, deleted or changed, for triggers: whoever
// does not hold the queue by its name holds it from then on as far as recounts go (recount.hpp).
void note_row_before(Oid messages, const MessagePlace& old_place);
void note_row_after(Oid messages, const MessagePlace& new_place);

// The same for rows of other tables that count for a queue.
void note_counts(Oid messages, std::int32_t queue_id, const core::QueueCounts& change);

// Notes that nobody can tell how the counts of the queue have changed; with queue 0: of any queue.
inline constexpr std::int32_t kAllQueues = 0;
void note_uncounted(Oid messages, std::int32_t queue_id);

// Has the transaction send NOTIFY on the queue's channel when it commits and has messages for it that
// can be delivered; call after noting them.
void want_notice(Oid messages, std::int32_t queue_id, std::string_view name);

// What the transaction under way has changed about the queue's counts, and only it can see.
struct OwnChange {
    bool touched = false;  // whether it did anything
    bool known = true;
    core::QueueCounts change{};
};
OwnChange own_change(Oid messages, std::int32_t queue_id);

// Notes that a queue's settings have changed: what could not be delivered may be now.
void note_queue_changed(Oid messages, std::int32_t queue_id);
// Notes that the current subtransaction is about to change any number of the queue's messages by one
// statement: should it break off, the triggers have not noted those it had changed by then.
void note_many_before(Oid messages, std::int32_t queue_id);
// Notes that the queue is new: after a rollback nobody needs to know of it.
void note_queue_created(Oid messages, std::int32_t queue_id);
// Notes that the queue is gone.
void note_queue_dropped(Oid messages, std::int32_t queue_id);

}  // namespace pgqrs::engine
