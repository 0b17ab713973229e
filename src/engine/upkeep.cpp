#include "engine/upkeep.hpp"

#include <algorithm>

#include "pg/shared_memory.hpp"

namespace pgqrs::engine {
namespace {

struct Upkeep {
    LWLock* lock;
    Latch* launcher;  // null while it is not there
    int count;
    Oid databases[kMostMaintained];
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

// With the lock.
bool add(Oid database) {
    Oid* const end = upkeep->databases + upkeep->count;
    if (std::find(upkeep->databases, end, database) != end) {
        return true;
    }
    if (upkeep->count == kMostMaintained) {
        return false;
    }
    *end = database;
    ++upkeep->count;
    return true;
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
    add(MyDatabaseId);
    if (upkeep->launcher != nullptr) {
        SetLatch(upkeep->launcher);
    }
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
    std::copy_n(upkeep->databases, count, room.begin());
    return static_cast<int>(count);
}

bool maintain_database(Oid database) noexcept {
    const Locked locked;
    return add(database);
}

void forget_database(Oid database) noexcept {
    const Locked locked;
    Oid* const end = upkeep->databases + upkeep->count;
    Oid* const found = std::find(upkeep->databases, end, database);
    if (found != end) {
        *found = end[-1];
        --upkeep->count;
    }
}

}  // namespace pgqrs::engine
