// See touches.hpp.
#include "engine/journal.hpp"

#include <list>
#include <map>
#include <utility>

#include "engine/notify.hpp"
#include "engine/ddl_watch.hpp"
#include "engine/counts.hpp"
#include "pg/transaction.hpp"
#include "pg/transaction_end.hpp"
#include "engine/wait_list.hpp"
#include "engine/wait.hpp"

namespace pgqrs::engine {
namespace {

struct Touch {
    QueueMarks* queue;
    pg::SubtransactionId subtransaction;
    core::Touched what;
    bool dropped = false;    // and the queue with them
    bool created = false;    // the queue is new
    bool noticed = false;    // a notice is promised
    bool held = false;       // against recounts
    bool uncounted = false;  // the change of its counts is not known
};

// Both live as long as the backend, and their elements keep their addresses. Touches go with the
// transaction.
struct State {
    std::map<std::pair<Oid, std::int32_t>, QueueMarks> queues;
    std::list<Touch> touches;
};
constinit State* state = nullptr;

State& the_state() {
    if (state == nullptr) {
        state = new State;
    }
    return *state;
}

Touch* find_touch(const QueueMarks* queue, pg::SubtransactionId subtransaction) noexcept {
    for (Touch& touch : state->touches) {
        if (touch.queue == queue && touch.subtransaction == subtransaction) {
            return &touch;
        }
    }
    return nullptr;
}

Touch& touch_of(Oid messages, std::int32_t queue_id) {
    QueueMarks* queue = &marks_of(messages, queue_id);
    const pg::SubtransactionId current = pg::current_subtransaction();
    Touch* touch = find_touch(queue, current);
    return touch != nullptr ? *touch : state->touches.emplace_back(Touch{queue, current, {}});
}

// The touch of a queue that is perhaps not held by its name.
Touch& touch_by_hand(Oid messages, std::int32_t queue_id) {
    Touch& touch = touch_of(messages, queue_id);
    if (!touch.held && has_shared_memory()) {
        pg::lock_number(messages, queue_id, pg::LockMode::shared);
        touch.held = true;
    }
    return touch;
}

void forget_all() noexcept {
    end_promises();
    if (state != nullptr) {
        state->touches.clear();
    }
}

void committed() noexcept {
    other_commands_committed();
    if (state != nullptr) {
        for (const Touch& touch : state->touches) {
            if (touch.dropped) {
                forget_marks(touch.queue->key);
            } else {
                lower_marks(*touch.queue, touch.what.after_commit, touch.what.ready_after_commit,
                            touch.what.change);
                if (touch.uncounted) {
                    distrust_counts(touch.queue->key);
                }
                if (touch.noticed) {
                    leave_notice(*touch.queue);
                }
            }
        }
    }
    forget_all();
}

// What was done has been rolled back.
void undone(const Touch& touch) noexcept {
    if (touch.created) {
        forget_marks(touch.queue->key);
    } else if (touch.queue->key.queue == kAllQueues) {
        distrust_marks();
        for (auto& [key, marks] : state->queues) {
            marks.own = core::marks_at(core::kBeginning);
        }
    } else {
        lower_marks(*touch.queue, touch.what.after_abort, touch.what.ready_after_abort);
    }
}

void aborted() noexcept {
    other_commands_aborted();
    abandon_wait();
    abandon_scan();
    abandon_recount();
    if (state != nullptr) {
        for (const Touch& touch : state->touches) {
            undone(touch);
        }
    }
    forget_all();
}

void subtransaction_committed(pg::SubtransactionId id, pg::SubtransactionId parent) noexcept {
    if (state == nullptr) {
        return;
    }
    state->touches.remove_if([&](Touch& touch) {
        if (touch.subtransaction != id) {
            return false;
        }
        if (Touch* of_parent = find_touch(touch.queue, parent); of_parent != nullptr) {
            of_parent->what.add(touch.what);
            of_parent->dropped |= touch.dropped;
            of_parent->created |= touch.created;
            of_parent->noticed |= touch.noticed;
            of_parent->held |= touch.held;
            of_parent->uncounted |= touch.uncounted;
            return true;
        }
        touch.subtransaction = parent;
        return false;
    });
}

void subtransaction_aborted(pg::SubtransactionId id) noexcept {
    abandon_scan();
    if (state == nullptr) {
        return;
    }
    state->touches.remove_if([&](const Touch& touch) {
        if (touch.subtransaction == id) {
            undone(touch);
        }
        return touch.subtransaction == id;
    });
}

}  // namespace

void watch_touches() {
    pg::watch_transaction_end({.committed = committed,
                               .aborted = aborted,
                               .prepared = forget_all,
                               .subtransaction_committed = subtransaction_committed,
                               .subtransaction_aborted = subtransaction_aborted});
}

QueueMarks& marks_of(Oid messages, std::int32_t queue_id) {
    const auto [place, is_new] = the_state().queues.try_emplace({messages, queue_id});
    if (is_new) {
        place->second.key = {pg::current_database(), messages, queue_id};
    }
    return place->second;
}

core::Touched& touched(Oid messages, std::int32_t queue_id) {
    return touch_of(messages, queue_id).what;
}

void note_row_before(Oid messages, const MessagePlace& old_place) {
    core::Touched& touches = touch_by_hand(messages, old_place.queue_id).what;
    touches.locked(old_place.priority, old_place.position());
    touches.change.remove_message(old_place.times);
}

void note_row_after(Oid messages, const MessagePlace& new_place) {
    core::Touched& touches = touch_by_hand(messages, new_place.queue_id).what;
    const core::MessageTimes& times = new_place.times;
    const Timestamp now = clock_now();
    if (times.lease_end > now) {
        touches.leased(new_place.priority, new_place.position(), times.lease_end);
    } else {
        touches.enqueued(new_place.priority, new_place.position(),
                         times.available_at <= now ? 1 : 0);
    }
    touches.change.add_message(times);
}

void note_counts(Oid messages, std::int32_t queue_id, const core::QueueCounts& change) {
    touch_by_hand(messages, queue_id).what.change.add(change);
}

void note_uncounted(Oid messages, std::int32_t queue_id) {
    touch_of(messages, queue_id).uncounted = true;
}

void want_notice(Oid messages, std::int32_t queue_id, std::string_view name) {
    Touch& touch = touch_of(messages, queue_id);
    if (touch.what.ready_after_commit == 0 || touch.noticed) {
        return;
    }
    touch.noticed = promise_notice(*touch.queue, name);
    if (!touch.noticed) {
        notify_at_commit(name);
    }
}

void note_queue_changed(Oid messages, std::int32_t queue_id) {
    core::Touched& touches = touched(messages, queue_id);
    core::lower(touches.after_commit, core::marks_at(core::kBeginning));
    touches.ready_after_commit = kAllWaiters;
    // What the transaction did not deliver because of the change can be delivered after a rollback.
    core::lower(touches.after_abort, core::marks_at(core::kBeginning));
}

void note_many_before(Oid messages, std::int32_t queue_id) {
    core::Touched& touches = touched(messages, queue_id);
    core::lower(touches.after_abort, core::marks_at(core::kBeginning));
    touches.ready_after_abort = kAllWaiters;
}

void note_queue_created(Oid messages, std::int32_t queue_id) {
    touch_of(messages, queue_id).created = true;
}

void note_queue_dropped(Oid messages, std::int32_t queue_id) {
    touch_of(messages, queue_id).dropped = true;
}

OwnChange own_change(Oid messages, std::int32_t queue_id) {
    const QueueMarks* queue = &marks_of(messages, queue_id);
    const QueueMarks* all = &marks_of(messages, kAllQueues);
    OwnChange own;
    for (const Touch& touch : state->touches) {
        if (touch.queue == queue || touch.queue == all) {
            own.touched = true;
            own.known = own.known && !touch.uncounted;
            own.change.add(touch.what.change);
        }
    }
    return own;
}

core::Marks touched_so_far(const QueueMarks& queue) {
    core::Marks marks = core::marks_at(core::kNever);
    for (const Touch& touch : the_state().touches) {
        if (touch.queue == &queue) {
            core::lower(marks, touch.what.after_commit);
        }
    }
    return marks;
}

core::Instant own_next_event(const QueueMarks& queue) {
    return core::next_event(touched_so_far(queue));
}

}  // namespace pgqrs::engine
