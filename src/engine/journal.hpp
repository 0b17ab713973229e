// The journal: what the transaction under way has done to queues, and what comes of it when it ends.
//
// An entry holds the effects on one queue of one subtransaction (core/effects.hpp). Its life:
//
//     begin        the first change of the subtransaction makes it
//     merge        the subtransaction commits: its entry adds to the parent's
//     undo         the subtransaction, or the transaction, is rolled back
//     apply        the transaction commits
//     forget       the transaction is prepared: nobody here sees its end
//
// apply() is the only way in which a commit reaches shared memory. It goes, queue by queue:
//
//     1. the marks of this backend;
//     2. under the lock of the queue's slot: the shared marks, what scans under way are told of them,
//        the counts, reserved room, and the waiters that are woken;
//     3. the notice for NOTIFY.
//
// Others see the outcome of the transaction before that, and its locks are released after it. Entries
// live until their subtransaction ends; what is known of a queue lives longer (marks.hpp).
#pragma once

#include <cstdint>
#include <string_view>

#include "core/effects.hpp"
#include "engine/marks.hpp"
#include "engine/table.hpp"

namespace pgqrs::engine {

// Has ends of transactions watched. Call when the library is loaded.
void open_journal();

// Where to note what the current subtransaction does to the queue. The reference is valid until
// the subtransaction ends.
core::Effects& effects_on(QueueMarks& queue);

// The marks of what the transaction under way has done so far, which only it can see.
core::Marks own_marks(const QueueMarks& queue);

// When, at the earliest, a message can be delivered that only the transaction under way can see;
// core::kNever when there is none. In the past when that cannot be told.
core::Instant own_next_event(const QueueMarks& queue);

// By how much the transaction under way has changed the queue's counts, which only it can see.
struct OwnChange {
    bool any = false;  // whether it did anything
    bool known = true;
    core::QueueCounts change;
};
OwnChange own_change(QueueMarks& queue);

// The same for rows that were written by hand. The transaction may not hold the queue by its name, so it
// holds the queue's number from then on: recounts wait for that (recount.hpp).
core::Effects& effects_by_hand(QueueMarks& queue);

// The room that the transaction under way has reserved in the queue, in that tenancy of its slot (core/depth.hpp).
// Never raises.
std::int64_t own_reserved(const QueueMarks& queue, std::uint32_t tenancy) noexcept;

// Nobody can tell how the counts of the queue have changed; with kAllQueues, of any queue.
inline constexpr std::int32_t kAllQueues = 0;
void note_uncounted(QueueMarks& queue);

// The queue's settings have changed: what could not be delivered may be now.
void note_queue_changed(QueueMarks& queue);
// A worker of the queue has become dead, or is not any more: leases may end before their time. `queues` is
// the table of queues.
//
// A scan that goes by the dead workers it knows must not raise the marks of leases over one that died since.
// So the commit tells every backend of the change first, and lowers the marks then. A scan that began
// before the marks were lowered is told of that; one that began later finds that what it knows is old.
void note_worker_died(QueueMarks& queue, Oid queues);
// Whoever waits for a message shall look what has become of its worker.
void note_worker_changed(QueueMarks& queue);
// The queue may have something to deliver for one who waits, although none of its messages has changed.
void note_wake(QueueMarks& queue);
// One statement is about to change any number of the queue's messages. Should it break off, its
// triggers have not noted those it had changed by then.
void note_many_before(QueueMarks& queue);
// The queue is new: after a rollback nobody needs to know of it.
void note_queue_created(QueueMarks& queue);
// The queue is gone.
void note_queue_dropped(QueueMarks& queue);

// Has the transaction send NOTIFY on the queue's channel when it commits, if it has messages for the
// queue that can be delivered then. Call after noting them.
void want_notice(QueueMarks& queue, std::string_view name);

}  // namespace pgqrs::engine
