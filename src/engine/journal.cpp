#include "engine/journal.hpp"

#include <list>

#include "engine/counts.hpp"
#include "engine/ddl_watch.hpp"
#include "engine/notify.hpp"
#include "engine/wait.hpp"
#include "engine/wait_list.hpp"
#include "pg/invalidation.hpp"
#include "pg/transaction.hpp"
#include "pg/transaction_end.hpp"

namespace pgqrs::engine {
namespace {

struct Entry {
    QueueMarks* queue;
    pg::SubtransactionId subtransaction;
    core::Effects effects{};
    bool dropped = false;    // the queue is gone
    bool created = false;    // the queue is new
    bool noticed = false;    // a notice is promised
    bool held = false;       // against recounts
    bool uncounted = false;  // the change of its counts is not known
    Oid announced =
        InvalidOid;  // a table whose change has to be known before the marks are lowered

    // Whether it is about every queue.
    bool is_of_all() const noexcept { return queue->key.queue == kAllQueues; }

    void merge(const Entry& child) noexcept;
    void undo() const noexcept;
    void apply() const noexcept;
};

// Entries keep their addresses.
constinit std::list<Entry>* journal = nullptr;

Entry* find_entry(const QueueMarks* queue, pg::SubtransactionId subtransaction) noexcept {
    for (Entry& entry : *journal) {
        if (entry.queue == queue && entry.subtransaction == subtransaction) {
            return &entry;
        }
    }
    return nullptr;
}

Entry& begin(QueueMarks& queue) {
    if (journal == nullptr) {
        journal = new std::list<Entry>;
    }
    const pg::SubtransactionId current = pg::current_subtransaction();
    Entry* entry = find_entry(&queue, current);
    return entry != nullptr ? *entry : journal->emplace_back(Entry{&queue, current});
}

void Entry::merge(const Entry& child) noexcept {
    effects.add(child.effects);
    dropped |= child.dropped;
    created |= child.created;
    noticed |= child.noticed;
    held |= child.held;
    uncounted |= child.uncounted;
    announced = OidIsValid(child.announced) ? child.announced : announced;
}

void distrust_all() noexcept {
    distrust_marks();
    distrust_own_marks();
}

void Entry::undo() const noexcept {
    if (created) {
        forget_marks(queue->key);
    } else if (is_of_all()) {
        distrust_all();
    } else {
        lower_marks(*queue, effects.after_abort, effects.ready_after_abort, effects.reserved);
    }
}

void Entry::apply() const noexcept {
    if (dropped) {
        forget_marks(queue->key);
        return;
    }
    if (is_of_all()) {
        distrust_all();
        return;
    }
    if (OidIsValid(announced)) {
        pg::announce_change_now(announced);
    }
    lower_marks(*queue, effects.after_commit, effects.ready_after_commit, effects.reserved,
                effects.change);
    if (uncounted) {
        distrust_counts(queue->key);
    }
    if (noticed) {
        leave_notice(*queue);
    }
}

void forget() noexcept {
    end_promises();
    if (journal != nullptr) {
        journal->clear();
    }
    forget_idle_queues();
}

void committed() noexcept {
    other_commands_committed();
    if (journal != nullptr) {
        for (const Entry& entry : *journal) {
            entry.apply();
        }
    }
    forget();
}

void aborted() noexcept {
    other_commands_aborted();
    abandon_wait();
    abandon_scan();
    abandon_recount();
    if (journal != nullptr) {
        for (const Entry& entry : *journal) {
            entry.undo();
        }
    }
    forget();
}

// The prepared transaction keeps the room it has reserved until the queue is counted anew.
void prepared() noexcept {
    if (journal != nullptr) {
        for (const Entry& entry : *journal) {
            keep_reserved(*entry.queue, entry.effects.reserved);
        }
    }
    forget();
}

void subtransaction_committed(pg::SubtransactionId id, pg::SubtransactionId parent) noexcept {
    if (journal == nullptr) {
        return;
    }
    journal->remove_if([&](Entry& entry) {
        if (entry.subtransaction != id) {
            return false;
        }
        Entry* of_parent = find_entry(entry.queue, parent);
        if (of_parent == nullptr) {
            entry.subtransaction = parent;
            return false;
        }
        of_parent->merge(entry);
        return true;
    });
}

void subtransaction_aborted(pg::SubtransactionId id) noexcept {
    abandon_scan();
    if (journal == nullptr) {
        return;
    }
    journal->remove_if([&](const Entry& entry) {
        if (entry.subtransaction == id) {
            entry.undo();
        }
        return entry.subtransaction == id;
    });
}

}  // namespace

void open_journal() {
    pg::watch_transaction_end({.committed = committed,
                               .aborted = aborted,
                               .prepared = prepared,
                               .subtransaction_committed = subtransaction_committed,
                               .subtransaction_aborted = subtransaction_aborted});
}

core::Effects& effects_on(QueueMarks& queue) { return begin(queue).effects; }

core::Effects& effects_by_hand(QueueMarks& queue) {
    Entry& entry = begin(queue);
    if (!entry.held && has_shared_memory()) {
        pg::lock_number(queue.key.relation, queue.key.queue, pg::LockMode::shared);
        entry.held = true;
    }
    return entry.effects;
}

core::Marks own_marks(const QueueMarks& queue) {
    core::Marks marks = core::marks_at(core::kNever);
    if (journal != nullptr) {
        for (const Entry& entry : *journal) {
            if (entry.queue == &queue) {
                core::lower(marks, entry.effects.after_commit);
            }
        }
    }
    return marks;
}

core::Instant own_next_event(const QueueMarks& queue) { return core::next_event(own_marks(queue)); }

OwnChange own_change(QueueMarks& queue) {
    const QueueMarks* all = &marks_of(queue.key.relation, kAllQueues);
    OwnChange own;
    if (journal != nullptr) {
        for (const Entry& entry : *journal) {
            if (entry.queue == &queue || entry.queue == all) {
                own.any = true;
                own.known = own.known && !entry.uncounted;
                own.change.add(entry.effects.change);
            }
        }
    }
    return own;
}

std::int64_t own_reserved(const QueueMarks& queue, std::uint32_t tenancy) noexcept {
    std::int64_t reserved = 0;
    if (journal != nullptr) {
        for (const Entry& entry : *journal) {
            if (entry.queue == &queue) {
                reserved += entry.effects.reserved.in(tenancy);
            }
        }
    }
    return reserved;
}

void note_uncounted(QueueMarks& queue) { begin(queue).uncounted = true; }

void note_queue_changed(QueueMarks& queue) {
    core::Effects& effects = effects_on(queue);
    effects.everything_after_commit(kAllWaiters);
    // What the transaction did not deliver because of the change can be delivered after a rollback.
    core::lower(effects.after_abort, core::marks_at(core::kBeginning));
}

void note_worker_died(QueueMarks& queue, Oid queues) {
    Entry& entry = begin(queue);
    entry.announced = queues;
    entry.effects.leases_after_commit(kAllWaiters);
    // What the transaction passed because of the change can be delivered after a rollback.
    core::lower(entry.effects.after_abort, core::marks_at(core::kBeginning));
}

void note_worker_changed(QueueMarks& queue) {
    begin(queue).effects.ready_after_commit = kAllWaiters;
}

void note_wake(QueueMarks& queue) { ++begin(queue).effects.ready_after_commit; }

void note_many_before(QueueMarks& queue) { effects_on(queue).everything_after_abort(kAllWaiters); }

void note_queue_created(QueueMarks& queue) { begin(queue).created = true; }

void note_queue_dropped(QueueMarks& queue) { begin(queue).dropped = true; }

void want_notice(QueueMarks& queue, std::string_view name) {
    Entry& entry = begin(queue);
    if (entry.effects.ready_after_commit == 0 || entry.noticed) {
        return;
    }
    entry.noticed = promise_notice(queue, name);
    if (!entry.noticed) {
        notify_at_commit(name);
    }
}

}  // namespace pgqrs::engine
