#include "engine/marks.hpp"
#include "engine/clock.hpp"

#include <map>
#include <optional>
#include <utility>

#include "engine/runner_pool.hpp"
#include "pg/guard.hpp"
#include "pg/transaction.hpp"
#include "engine/settings.hpp"
#include "engine/wait_list.hpp"

namespace pgqrs::engine {
namespace {

// A backend with marks of its own does not hear of commits. An enqueue that takes no longer than this
// from reading the clock to being visible is found at once, and not by the next rescan only.
constexpr core::Duration kCommitTime = 20 * core::kMillisecond;

// A rescan every so often is the most that shared marks need.
constexpr core::Duration kLongestRest = core::kDay;

void tell(const Slot& slot, const core::Marks& news) {
    for (int number = slot.first_scan; number != kNone; number = seat(number).next_scan) {
        core::lower(seat(number).told, news);
    }
}

void register_scan(Slot& slot) {
    Seat& own = own_seat();
    own.told = core::marks_at(core::kNever);
    own.scanning = &slot;
    own.next_scan = slot.first_scan;
    slot.first_scan = pg::compat::process_number();
}

void unregister_scan(Slot& slot) {
    int* link = &slot.first_scan;
    while (*link != pg::compat::process_number()) {
        link = &seat(*link).next_scan;
    }
    *link = own_seat().next_scan;
    own_seat().scanning = nullptr;
}

// Whether a rescan is due; then the next one is not before the interval has passed.
bool take_rescan(std::int64_t& next, std::int64_t now) {
    const bool due = now >= next;
    if (due) {
        next = now + rescan_interval();
    }
    return due;
}

void begin_shared(Slot& slot, ScanTicket& ticket, bool raises) {
    ticket.shared = true;
    ticket.known = slot.marks;
    // A scan inside of a scan (an index expression that dequeues) raises nothing.
    ticket.registered = raises && own_seat().scanning == nullptr;
    if (ticket.registered) {
        ticket.rescan = take_rescan(slot.next_rescan, ticket.began);
        register_scan(slot);
    }
}

void end_shared(Slot& slot, const ScanTicket& ticket, const core::Scan& scan) {
    if (own_seat().scanning != &slot) {
        return;  // the slot was given away in between
    }
    unregister_scan(slot);
    core::Marks told = own_seat().told;
    if (!ticket.trusts_leases) {
        core::lower_leases(told);
    }
    tell(slot, core::settle(slot.marks, scan, told));
    if (ticket.rescan) {
        const std::int64_t now = elapsed_clock();
        slot.next_rescan =
            now + core::rest_after_rescan(now - ticket.began, rescan_interval(), kLongestRest);
    }
}

void end_own(QueueMarks& queue, const ScanTicket& ticket, const core::Scan& scan) {
    core::Marks told = core::marks_at(core::kNever);
    told.ready.fill(ticket.now - kCommitTime);
    core::settle(queue.own, scan, told);
    if (ticket.rescan) {
        const std::int64_t now = elapsed_clock();
        queue.next_rescan = now + core::rest_after_rescan(now - ticket.began, 0, rescan_interval());
    }
}

// Whom a commit wants a runner of, and for when, when that is sooner than was said.
std::optional<std::pair<Executor, core::Instant>> wanted_runner(Slot& slot,
                                                                std::int64_t messages) noexcept {
    if (!OidIsValid(slot.executing_owner)) {
        return std::nullopt;
    }
    const core::Instant at = messages > 0 ? core::kBeginning : core::next_event(slot.marks);
    if (at >= slot.runner_wanted) {
        return std::nullopt;
    }
    slot.runner_wanted = at;
    return std::pair{Executor{slot.key.database, slot.executing_owner}, at};
}

// Nobody scans the slot any more.
void vacate(Slot& slot) {
    while (slot.first_scan != kNone) {
        Seat& scanner = seat(slot.first_scan);
        slot.first_scan = scanner.next_scan;
        scanner.scanning = nullptr;
    }
    wake_waiters(slot, kAllWaiters);
}

using Queues = std::map<std::pair<Oid, std::int32_t>, QueueMarks>;
// Elements keep their addresses.
constinit Queues* queues = nullptr;

// About two megabytes. A backend that uses ever new queues forgets them all now and then, and looks
// at each from the beginning once more.
constexpr std::size_t kMostQueues = 4096;

}  // namespace

QueueMarks& marks_of(Oid messages, std::int32_t queue_id) {
    if (queues == nullptr) {
        queues = new Queues;
    }
    const auto [place, is_new] = queues->try_emplace({messages, queue_id});
    if (is_new) {
        place->second.key = {pg::current_database(), messages, queue_id};
    }
    return place->second;
}

void distrust_own_marks() noexcept {
    for (auto& [key, queue] : *queues) {
        queue.own = core::marks_at(core::kBeginning);
    }
}

void forget_idle_queues() noexcept {
    if (queues != nullptr && queues->size() > kMostQueues) {
        queues->clear();
    }
}

void learn_of_dead_workers(QueueMarks& queue, const DeadWorkers& dead) {
    if (queue.dead_workers == dead) {
        return;
    }
    if (dead != nullptr && (queue.dead_workers == nullptr || *dead != *queue.dead_workers)) {
        core::lower_leases(queue.own);
    }
    queue.dead_workers = dead;
}

ScanTicket begin_scan(QueueMarks& queue, core::Instant now, bool raises) {
    ScanTicket ticket{queue.own, now, elapsed_clock(), false, false, raises};
    pg::guard([&] {
        // Commits that a standby replays lower no marks.
        raises = raises && !RecoveryInProgress();
        ticket.registered = raises;
        Slot* slot = find_slot(queue.key, queue.slot, true);
        if (slot != nullptr && lock_if_of(*slot, queue.key)) {
            begin_shared(*slot, ticket, raises);
            unlock(*slot);
        } else if (raises) {
            ticket.rescan = take_rescan(queue.next_rescan, ticket.began);
        }
    });
    return ticket;
}

void end_scan(QueueMarks& queue, const ScanTicket& ticket, const core::Scan& scan,
              std::int64_t taken, bool exhausted) {
    if (!ticket.registered) {
        return;
    }
    if (!ticket.shared) {
        end_own(queue, ticket, scan);
        return;
    }
    pg::guard([&] {
        Slot* slot = own_seat().scanning;
        if (slot != nullptr && lock_if_of(*slot, queue.key)) {
            end_shared(*slot, ticket, scan);
            settle_expected(*slot, exhausted ? slot->expected : taken);
            unlock(*slot);
        }
    });
}

void abandon_scan() noexcept {
    if (!has_shared_memory()) {
        return;
    }
    Slot* slot = own_seat().scanning;
    if (slot != nullptr && lock_if_of(*slot, slot->key)) {
        if (own_seat().scanning == slot) {
            unregister_scan(*slot);
        }
        unlock(*slot);
    }
}

void lower_marks(QueueMarks& queue, const core::Marks& to, std::int64_t messages,
                 const core::Reservation& reserved, const core::QueueCounts& change) noexcept {
    core::lower(queue.own, to);
    Slot* slot = find_slot(queue.key, queue.slot, false);
    if (slot != nullptr && lock_if_of(*slot, queue.key)) {
        const core::Instant event = core::next_event(slot->marks);
        core::lower(slot->marks, to);
        slot->counts.add(change);
        slot->depth.give_back(reserved);
        tell(*slot, to);
        wake_waiters(*slot, messages);
        if (core::next_event(slot->marks) < event) {
            nudge_first_waiter(*slot);
        }
        const auto runner = wanted_runner(*slot, messages);
        unlock(*slot);
        if (runner) {
            want_runner(runner->first, runner->second);
        }
    }
}

void set_executing_owner(QueueMarks& queue, Oid owner) {
    pg::guard([&] {
        Slot* slot = find_slot(queue.key, queue.slot, OidIsValid(owner));
        // A glance without the lock.
        if (slot != nullptr && slot->executing_owner != owner && lock_if_of(*slot, queue.key)) {
            slot->executing_owner = owner;
            slot->runner_wanted = core::kNever;
            unlock(*slot);
        }
    });
}

void begin_look_of_runner(QueueMarks& queue) {
    pg::guard([&] {
        Slot* slot = find_slot(queue.key, queue.slot, false);
        if (slot != nullptr && lock_if_of(*slot, queue.key)) {
            slot->runner_wanted = core::kNever;
            unlock(*slot);
        }
    });
}

core::Instant next_event_of(QueueMarks& queue) {
    return pg::guard([&] {
        core::Instant next = core::next_event(queue.own);
        Slot* slot = find_slot(queue.key, queue.slot, false);
        if (slot != nullptr && lock_if_of(*slot, queue.key)) {
            next = core::next_event(slot->marks);
            unlock(*slot);
        }
        return next;
    });
}

void keep_reserved(QueueMarks& queue, const core::Reservation& reserved) noexcept {
    Slot* slot = find_slot(queue.key, queue.slot, false);
    if (slot != nullptr && lock_if_of(*slot, queue.key)) {
        slot->depth.prepare(reserved);
        unlock(*slot);
    }
}

void distrust_marks() noexcept {
    visit_slots({MyDatabaseId, InvalidOid, 0}, [](Slot& slot) {
        slot.marks = core::marks_at(core::kBeginning);
        slot.counted = Counted::no;
        tell(slot, slot.marks);
        wake_waiters(slot, kAllWaiters);
        return Keep::yes;
    });
}

void forget_marks(const QueueKey& queue) noexcept {
    visit_slots(queue, [](Slot& slot) {
        vacate(slot);
        return Keep::no;
    });
}

void forget_marks_of_table(Oid database, Oid table) noexcept { forget_marks({database, table, 0}); }

void forget_marks_of_database(Oid database) noexcept { forget_marks({database, InvalidOid, 0}); }

}  // namespace pgqrs::engine
