#include "engine/slots.hpp"

#include "engine/counts.hpp"
#include "engine/settings.hpp"
#include "pg/shared_memory.hpp"

namespace pgqrs::engine {
namespace {

struct Area {
    LWLock* directory;
    int first_free;
    int used;  // slots that were ever used
    Slot slots[FLEXIBLE_ARRAY_MEMBER];
};

// An entry of the directory.
struct Entry {
    QueueKey key;
    int slot;
};

// Null without shared memory. Set once in each process, or inherited from the postmaster.
Area* area = nullptr;
Seat* seats = nullptr;
HTAB* directory = nullptr;

Size slots_size() {
    return add_size(offsetof(Area, slots), mul_size(max_shared_queues(), sizeof(Slot)));
}

Size seats_size() { return mul_size(MaxBackends, sizeof(Seat)); }

Size size() {
    return add_size(add_size(slots_size(), seats_size()),
                    hash_estimate_size(max_shared_queues(), sizeof(Entry)));
}

void initialize_slots(Area& fresh, LWLock& lock) {
    fresh.directory = &lock;
    fresh.first_free = kNone;
    fresh.used = 0;
    for (int i = 0; i < max_shared_queues(); ++i) {
        LWLockInitialize(&fresh.slots[i].lock, lock.tranche);
        fresh.slots[i].key = {};
        fresh.slots[i].noticed = false;
        fresh.slots[i].recount = 0;
        fresh.slots[i].depth = {};
    }
}

void initialize_seats(Seat* fresh) {
    for (int i = 0; i < MaxBackends; ++i) {
        pg_atomic_init_u64(&fresh[i].session, 0);
        fresh[i].scanning = nullptr;
        fresh[i].waiting = nullptr;
        fresh[i].woken_by = nullptr;
    }
}

void attach(LWLock& lock) {
    HASHCTL control{};
    control.keysize = sizeof(QueueKey);
    control.entrysize = sizeof(Entry);
    bool found_slots;
    bool found_seats;
    directory = ShmemInitHash("pgqrs directory", max_shared_queues(), max_shared_queues(), &control,
                              HASH_ELEM | HASH_BLOBS);
    area = static_cast<Area*>(ShmemInitStruct("pgqrs slots", slots_size(), &found_slots));
    seats = static_cast<Seat*>(ShmemInitStruct("pgqrs seats", seats_size(), &found_seats));
    if (!found_slots) {
        initialize_slots(*area, lock);
    }
    if (!found_seats) {
        initialize_seats(seats);
    }
}

Slot* look_up(const QueueKey& key) {
    LWLockAcquire(area->directory, LW_SHARED);
    const auto* entry = static_cast<Entry*>(hash_search(directory, &key, HASH_FIND, nullptr));
    Slot* slot = entry != nullptr ? &area->slots[entry->slot] : nullptr;
    LWLockRelease(area->directory);
    return slot;
}

// A slot that is free, kNone when there is none left.
int take_free_slot() {
    const int free = area->first_free;
    if (free != kNone) {
        area->first_free = area->slots[free].next_free;
        return free;
    }
    return area->used < max_shared_queues() ? area->used++ : kNone;
}

Slot* make_slot(const QueueKey& key) {
    Slot* made = nullptr;
    bool found = false;
    LWLockAcquire(area->directory, LW_EXCLUSIVE);
    auto* entry = static_cast<Entry*>(hash_search(directory, &key, HASH_FIND, nullptr));
    if (entry != nullptr) {
        made = &area->slots[entry->slot];
    } else if (const int number = take_free_slot(); number != kNone) {
        entry = static_cast<Entry*>(hash_search(directory, &key, HASH_ENTER_NULL, &found));
        entry->slot = number;
        made = &area->slots[number];
        LWLockAcquire(&made->lock, LW_EXCLUSIVE);
        made->key = key;
        made->marks = core::marks_at(core::kBeginning);
        made->next_rescan = 0;
        made->counts = {};
        made->counted = Counted::no;
        made->next_recount = 0;
        made->recount_patience = kFirstPatience;
        made->depth.renew();
        made->bucket = {};
        made->first_scan = kNone;
        made->first_waiter = kNone;
        made->last_waiter = kNone;
        made->name[0] = '\0';
        made->executing_owner = InvalidOid;
        made->runner_wanted = core::kNever;
        made->expected = 0;
        made->expected_since = 0;
        LWLockRelease(&made->lock);
    }
    LWLockRelease(area->directory);
    return made;
}

// Call with the directory and the slot locked.
void give_back(Slot& slot) {
    hash_search(directory, &slot.key, HASH_REMOVE, nullptr);
    slot.key = {};
    slot.next_free = area->first_free;
    area->first_free = static_cast<int>(&slot - area->slots);
}

bool is_free(const Slot& slot) { return slot.key.relation == InvalidOid; }

bool agrees(const QueueKey& key, const QueueKey& pattern) {
    return key.database == pattern.database &&
           (pattern.relation == InvalidOid || key.relation == pattern.relation) &&
           (pattern.queue == 0 || key.queue == pattern.queue);
}

}  // namespace

void request_shared_memory() {
    pg::share_memory({.name = "pgqrs", .size = size, .attach = attach});
}

bool has_shared_memory() noexcept { return area != nullptr; }

Slot* find_slot(const QueueKey& key, Slot*& kept, bool make) {
    if (area == nullptr) {
        return nullptr;
    }
    // A glance without the lock: every use of the slot looks again with the lock.
    if (kept == nullptr || !(kept->key == key)) {
        kept = look_up(key);
        if (kept == nullptr && make) {
            kept = make_slot(key);
        }
    }
    return kept;
}

bool lock_if_of(Slot& slot, const QueueKey& key) {
    LWLockAcquire(&slot.lock, LW_EXCLUSIVE);
    if (slot.key == key) {
        return true;
    }
    LWLockRelease(&slot.lock);
    return false;
}

void lock(Slot& slot) { LWLockAcquire(&slot.lock, LW_EXCLUSIVE); }

void unlock(Slot& slot) { LWLockRelease(&slot.lock); }

Seat& seat(int number) { return seats[number]; }

int seat_count() { return MaxBackends; }

Seat& own_seat() { return seats[pg::compat::process_number()]; }

void visit_slots(const QueueKey& pattern, Keep (*visit)(Slot& slot)) {
    if (area == nullptr) {
        return;
    }
    LWLockAcquire(area->directory, LW_EXCLUSIVE);
    for (int i = 0; i < area->used; ++i) {
        Slot& slot = area->slots[i];
        if (!is_free(slot) && agrees(slot.key, pattern)) {
            LWLockAcquire(&slot.lock, LW_EXCLUSIVE);
            if (visit(slot) == Keep::no) {
                give_back(slot);
            }
            LWLockRelease(&slot.lock);
        }
    }
    LWLockRelease(area->directory);
}

}  // namespace pgqrs::engine
