#include "engine/notify.hpp"

#include <algorithm>
#include <cstring>

#include "engine/notices.hpp"
#include "pg/guard.hpp"

namespace pgqrs::engine {
namespace {

bool (*start_notifier)(Oid database) = nullptr;

// The post that the transaction under way has promised a notice to.
Post* promised = nullptr;

// Counts this transaction with the database's post; null when there is none to be had. The worker is
// started with the lock held, so that nobody counts on one that will not be.
Post* promise() {
    LWLock* lock = shared_notices()->lock;
    LWLockAcquire(lock, LW_EXCLUSIVE);
    Post* post = find_post(MyDatabaseId);
    if (post == nullptr) {
        post = find_free_post();
        if (post != nullptr && start_notifier(MyDatabaseId)) {
            *post = {.database = MyDatabaseId, .latch = nullptr, .promises = 0, .starts = 0};
        } else {
            post = nullptr;
        }
    }
    if (post != nullptr) {
        ++post->promises;
    }
    LWLockRelease(lock);
    return post;
}

void set_name(Slot& slot, std::string_view name) {
    const std::size_t length = std::min(name.size(), sizeof slot.name - 1);
    std::memcpy(slot.name, name.data(), length);
    slot.name[length] = '\0';
}

}  // namespace

void share_notices(bool (*start)(Oid database)) {
    start_notifier = start;
    request_notices();
}

bool promise_notice(QueueMarks& queue, std::string_view name) {
    if (shared_notices() == nullptr) {
        return false;
    }
    return pg::guard([&] {
        Slot* slot = find_slot(queue.key, queue.slot, true);
        if (slot == nullptr || !lock_if_of(*slot, queue.key)) {
            return false;
        }
        set_name(*slot, name);
        unlock(*slot);
        if (promised == nullptr) {
            promised = promise();
        }
        return promised != nullptr;
    });
}

void leave_notice(QueueMarks& queue) noexcept {
    Slot* slot = find_slot(queue.key, queue.slot, false);
    if (promised == nullptr || slot == nullptr) {
        return;
    }
    LWLockAcquire(shared_notices()->lock, LW_EXCLUSIVE);
    list_notice(*slot);
    if (promised->latch != nullptr) {
        SetLatch(promised->latch);
    }
    LWLockRelease(shared_notices()->lock);
}

void end_promises() noexcept {
    if (promised != nullptr) {
        LWLockAcquire(shared_notices()->lock, LW_EXCLUSIVE);
        --promised->promises;
        LWLockRelease(shared_notices()->lock);
        promised = nullptr;
    }
}

void notify_at_commit(std::string_view name) {
    pg::guard([&] {
        const char* channel = psprintf("pgqrs.%.*s", static_cast<int>(name.size()), name.data());
        Async_Notify(channel, "");
    });
}

void forget_notices_of_database(Oid database) noexcept {
    if (shared_notices() != nullptr) {
        LWLockAcquire(shared_notices()->lock, LW_EXCLUSIVE);
        if (Post* post = find_post(database); post != nullptr) {
            *post = {};
        }
        LWLockRelease(shared_notices()->lock);
    }
}

}  // namespace pgqrs::engine
