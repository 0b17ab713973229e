#include "engine/upkeep.hpp"

#include <algorithm>

#include "engine/settings.hpp"
#include "pg/shared_memory.hpp"

namespace pgqrs::engine {
namespace {

struct Upkeep {
    LWLock* lock;
    Latch* launcher;  // null while it is not there
    int count;
    struct Database {
        Oid oid;
        bool wants_reaper;
    } databases[kMostMaintained];
};

// Set once in each process, or inherited from the postmaster.
Upkeep* upkeep = nullptr;
// Whether this process knows its database to be on the list.
bool listed = false;

Size size() { return sizeof(Upkeep); }

void attach(LWLock& lock) {
    bool found;
    upkeep = static_cast<Upkeep*>(ShmemInitStruct("pgqrs upkeep", sizeof(Upkeep), &found));
    if (!found) {
        *upkeep = {};
        upkeep->lock = &lock;
    }
}

class Locked {
public:
    Locked() { LWLockAcquire(upkeep->lock, LW_EXCLUSIVE); }
    ~Locked() { LWLockRelease(upkeep->lock); }
    Locked(const Locked&) = delete;
    Locked& operator=(const Locked&) = delete;
};

// With the lock. Null when the list does not have it.
Upkeep::Database* find(Oid database) {
    Upkeep::Database* const end = upkeep->databases + upkeep->count;
    Upkeep::Database* const found = std::find_if(
        upkeep->databases, end, [&](const Upkeep::Database& each) { return each.oid == database; });
    return found == end ? nullptr : found;
}

// With the lock. Null when the list is full.
Upkeep::Database* add(Oid database, bool wants_reaper) {
    Upkeep::Database* found = find(database);
    if (found == nullptr && upkeep->count < kMostMaintained) {
        found = upkeep->databases + upkeep->count;
        *found = {database, false};
        ++upkeep->count;
    }
    if (found != nullptr) {
        found->wants_reaper = found->wants_reaper || wants_reaper;
    }
    return found;
}

void wake_launcher() {
    if (upkeep->launcher != nullptr) {
        SetLatch(upkeep->launcher);
    }
}

}  // namespace

void request_upkeep() {
    pg::share_memory({.name = "pgqrs_upkeep", .size = size, .attach = attach});
}

void want_upkeep() noexcept {
    if (listed || upkeep == nullptr) {
        return;
    }
    listed = true;
    const Locked locked;
    // Sessions that ended with the server have left workers behind, which the first round finds. Where there are
    // no rounds, the first session that comes has them found.
    add(MyDatabaseId, find(MyDatabaseId) == nullptr && maintenance_interval() == 0);
    wake_launcher();
}

void want_reaper() noexcept {
    const Locked locked;
    add(MyDatabaseId, true);
    wake_launcher();
}

void attend_upkeep() noexcept {
    const Locked locked;
    upkeep->launcher = MyLatch;
}

void leave_upkeep() noexcept {
    const Locked locked;
    upkeep->launcher = nullptr;
}

int maintained_databases(std::span<Oid> room) noexcept {
    const Locked locked;
    const auto count = std::min<std::size_t>(room.size(), upkeep->count);
    std::transform(upkeep->databases, upkeep->databases + count, room.begin(),
                   [](const Upkeep::Database& each) { return each.oid; });
    return static_cast<int>(count);
}

bool maintain_database(Oid database) noexcept {
    const Locked locked;
    return add(database, false) != nullptr;
}

void forget_database(Oid database) noexcept {
    const Locked locked;
    if (Upkeep::Database* const found = find(database)) {
        *found = upkeep->databases[upkeep->count - 1];
        --upkeep->count;
    }
}

void want_reaper_of(Oid database) noexcept {
    const Locked locked;
    add(database, true);
}

Oid take_wanted_reaper() noexcept {
    const Locked locked;
    for (int i = 0; i < upkeep->count; ++i) {
        Upkeep::Database& database = upkeep->databases[i];
        if (database.wants_reaper) {
            database.wants_reaper = false;
            return database.oid;
        }
    }
    return InvalidOid;
}

}  // namespace pgqrs::engine
