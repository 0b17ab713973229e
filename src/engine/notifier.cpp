#include "engine/notifier.hpp"

#include "engine/notices.hpp"
#include "engine/notify.hpp"
#include "pg/guard.hpp"

namespace pgqrs::engine {
namespace {

constexpr int kAtOnce = 64;  // queues in one transaction

Post* own = nullptr;
Slot* taken[kAtOnce];
int taken_count = 0;

// Holds the lock of the notices.
class Locked {
public:
    Locked() { LWLockAcquire(shared_notices()->lock, LW_EXCLUSIVE); }
    ~Locked() { LWLockRelease(shared_notices()->lock); }
    Locked(const Locked&) = delete;
    Locked& operator=(const Locked&) = delete;
};

// PostgreSQL starts a worker again that ended otherwise than by exit code 0: the post stays its.
void leave(int exit_code, Datum) {
    notices_sent(false);
    if (own != nullptr) {
        const Locked locked;
        own->latch = nullptr;
        if (exit_code == 0) {
            *own = {};
        }
        own = nullptr;
    }
}

// Empty when the slot is not this database's any more.
void copy_name(Slot& slot, char* name, std::size_t size) {
    LWLockAcquire(&slot.lock, LW_SHARED);
    strlcpy(name, slot.key.database == MyDatabaseId ? slot.name : "", size);
    LWLockRelease(&slot.lock);
}

}  // namespace

std::optional<int> take_post(Oid database) {
    pg::guard([] { before_shmem_exit(leave, Datum{0}); });
    const Locked locked;
    Post* post = find_post(database);
    if (post == nullptr || post->latch != nullptr) {
        return std::nullopt;
    }
    own = post;
    own->latch = MyLatch;
    return own->starts++;
}

bool send_notices() {
    {
        const Locked locked;
        taken_count = take_notices(MyDatabaseId, taken);
    }
    for (int i = 0; i < taken_count; ++i) {
        char name[sizeof(Slot::name)];
        copy_name(*taken[i], name, sizeof name);
        if (name[0] != '\0') {
            notify_at_commit(name);
        }
    }
    return taken_count > 0;
}

void notices_sent(bool committed) noexcept {
    const Locked locked;
    for (int i = 0; i < taken_count && !committed; ++i) {
        list_notice(*taken[i]);
    }
    taken_count = 0;
    if (committed && own != nullptr) {
        own->starts = 0;
    }
}

bool give_up_post() {
    const Locked locked;
    if (own->promises > 0 || has_notices(MyDatabaseId)) {
        return false;
    }
    *own = {};
    own = nullptr;
    return true;
}

}  // namespace pgqrs::engine
