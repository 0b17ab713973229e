// See notices.hpp.
//
// Slots with a notice form a list, protected by the lock of the notices; who takes that lock holds no
// other and takes no other.
#include "engine/notify.hpp"

#include <algorithm>
#include <cstring>

#include "pg/guard.hpp"
#include "pg/shared_memory.hpp"
#include "engine/settings.hpp"

namespace pgqrs::engine {
namespace {

constexpr int kMostNotifiers = 32;  // databases at a time
constexpr int kAtOnce = 64;         // queues in one transaction of a worker
constexpr long kPause = 10;         // ms between two transactions of a worker
// A worker that is not there after this long will not come.
constexpr core::Duration kStartTime = 5 * core::kSecond;
// DROP DATABASE waits five seconds for others to leave.
constexpr core::Duration kIdleTime = 2 * core::kSecond;

struct Notifier {
    Oid database;        // InvalidOid: free
    Latch* latch;        // null until it runs
    int promises;        // transactions that may leave a notice
    std::int64_t asked;  // when it was to be started
};

struct Notices {
    LWLock* lock;
    Slot* first;
    Notifier notifiers[kMostNotifiers];
};

Notices* notices = nullptr;
Notifier* promised = nullptr;  // by the transaction under way
Notifier* own = nullptr;       // in the worker

Size size() { return sizeof(Notices); }

void attach(LWLock& lock) {
    bool found;
    notices = static_cast<Notices*>(ShmemInitStruct("pgqrs notices", sizeof(Notices), &found));
    if (!found) {
        *notices = {};
        notices->lock = &lock;
    }
}

// The database's notifier, or a free one. Call with the lock.
Notifier* find_notifier(Oid database) {
    Notifier* free = nullptr;
    for (Notifier& notifier : notices->notifiers) {
        if (notifier.database == database) {
            return &notifier;
        }
        if (notifier.database == InvalidOid && free == nullptr) {
            free = &notifier;
        }
    }
    return free;
}

bool start_worker() {
    BackgroundWorker worker{};
    worker.bgw_flags = BGWORKER_SHMEM_ACCESS | BGWORKER_BACKEND_DATABASE_CONNECTION;
    worker.bgw_start_time = BgWorkerStart_RecoveryFinished;
    worker.bgw_restart_time = BGW_NEVER_RESTART;
    worker.bgw_main_arg = ObjectIdGetDatum(MyDatabaseId);
    strlcpy(worker.bgw_library_name, "pgqrs", sizeof worker.bgw_library_name);
    strlcpy(worker.bgw_function_name, "pgqrs_notifier", sizeof worker.bgw_function_name);
    strlcpy(worker.bgw_name, "pgqrs notifier", sizeof worker.bgw_name);
    strlcpy(worker.bgw_type, "pgqrs notifier", sizeof worker.bgw_type);
    return RegisterDynamicBackgroundWorker(&worker, nullptr);
}

// Counts this transaction with the database's notifier, and answers whether that must be started.
Notifier* promise(bool& start) {
    LWLockAcquire(notices->lock, LW_EXCLUSIVE);
    Notifier* notifier = find_notifier(MyDatabaseId);
    if (notifier != nullptr) {
        const std::int64_t now = GetCurrentTimestamp();
        start = notifier->database == InvalidOid ||
                (notifier->latch == nullptr && now > notifier->asked + kStartTime);
        if (start) {
            notifier->database = MyDatabaseId;
            notifier->asked = now;
        }
        ++notifier->promises;
    }
    LWLockRelease(notices->lock);
    return notifier;
}

void set_name(Slot& slot, std::string_view name) {
    const std::size_t length = std::min(name.size(), sizeof slot.name - 1);
    std::memcpy(slot.name, name.data(), length);
    slot.name[length] = '\0';
}

// Call with the lock. From then on another worker can be started.
void resign() {
    own->latch = nullptr;
    own->database = InvalidOid;
    own = nullptr;
}

void on_exit(int, Datum) {
    LWLockAcquire(notices->lock, LW_EXCLUSIVE);
    if (own != nullptr) {
        resign();
    }
    LWLockRelease(notices->lock);
}

// Resigns unless there is something to do, or may be.
bool resign_when_idle() {
    LWLockAcquire(notices->lock, LW_EXCLUSIVE);
    bool idle = own->promises == 0;
    for (const Slot* slot = notices->first; slot != nullptr; slot = slot->next_noticed) {
        idle = idle && slot->key.database != MyDatabaseId;
    }
    if (idle) {
        resign();
    }
    LWLockRelease(notices->lock);
    return idle;
}

// Takes up to kAtOnce notices of this database off the list.
int take_notices(Slot* (&taken)[kAtOnce]) {
    int count = 0;
    LWLockAcquire(notices->lock, LW_EXCLUSIVE);
    for (Slot** link = &notices->first; *link != nullptr && count < kAtOnce;) {
        Slot* slot = *link;
        if (slot->key.database == MyDatabaseId || slot->key.database == InvalidOid) {
            taken[count++] = slot;
            slot->noticed = false;
            *link = slot->next_noticed;
        } else {
            link = &slot->next_noticed;
        }
    }
    LWLockRelease(notices->lock);
    return count;
}

void notify(const char* name) { Async_Notify(psprintf("pgqrs.%s", name), ""); }

// Sends what there is; answers whether there was anything.
bool send_once() {
    Slot* taken[kAtOnce];
    const int count = take_notices(taken);
    if (count == 0) {
        return false;
    }
    StartTransactionCommand();
    for (int i = 0; i < count; ++i) {
        char name[sizeof(Slot::name)];
        LWLockAcquire(&taken[i]->lock, LW_SHARED);
        const bool ours = taken[i]->key.database == MyDatabaseId;
        strlcpy(name, taken[i]->name, sizeof name);
        LWLockRelease(&taken[i]->lock);
        if (ours && name[0] != '\0') {
            notify(name);
        }
    }
    CommitTransactionCommand();
    return true;
}

}  // namespace

void request_notices() {
    pg::share_memory({.name = "pgqrs_notices", .size = size, .attach = attach});
}

bool promise_notice(QueueMarks& queue, std::string_view name) {
    if (notices == nullptr) {
        return false;
    }
    return pg::guard([&] {
        Slot* slot = find_slot(queue.key, queue.slot, true);
        if (slot == nullptr || !lock_if_of(*slot, queue.key)) {
            return false;
        }
        set_name(*slot, name);
        unlock(*slot);
        bool start = false;
        if (promised == nullptr) {
            promised = promise(start);
        }
        if (start && !start_worker()) {
            LWLockAcquire(notices->lock, LW_EXCLUSIVE);
            promised->database = InvalidOid;
            --promised->promises;
            LWLockRelease(notices->lock);
            promised = nullptr;
        }
        return promised != nullptr;
    });
}

void leave_notice(QueueMarks& queue) noexcept {
    Slot* slot = find_slot(queue.key, queue.slot, false);
    if (promised == nullptr || slot == nullptr) {
        return;
    }
    LWLockAcquire(notices->lock, LW_EXCLUSIVE);
    if (!slot->noticed) {
        slot->noticed = true;
        slot->next_noticed = notices->first;
        notices->first = slot;
        if (promised->latch != nullptr) {
            SetLatch(promised->latch);
        }
    }
    LWLockRelease(notices->lock);
}

void end_promises() noexcept {
    if (promised != nullptr) {
        LWLockAcquire(notices->lock, LW_EXCLUSIVE);
        --promised->promises;
        LWLockRelease(notices->lock);
        promised = nullptr;
    }
}

void notify_at_commit(std::string_view name) {
    pg::guard([&] { notify(pnstrdup(name.data(), name.size())); });
}

void send_notices() {
    pg::guard([] {
        own = nullptr;
        LWLockAcquire(notices->lock, LW_EXCLUSIVE);
        for (Notifier& notifier : notices->notifiers) {
            if (notifier.database == MyDatabaseId && notifier.latch == nullptr) {
                own = &notifier;
                own->latch = MyLatch;
            }
        }
        LWLockRelease(notices->lock);
        if (own == nullptr) {
            return;  // another one is faster
        }
        before_shmem_exit(on_exit, Datum{0});
        // What is notified has been committed before.
        SetConfigOption("synchronous_commit", "off", PGC_SUSET, PGC_S_SESSION);
        std::int64_t busy = GetCurrentTimestamp();
        while (busy + kIdleTime > GetCurrentTimestamp() || !resign_when_idle()) {
            if (send_once()) {
                busy = GetCurrentTimestamp();
                pgstat_report_stat(false);
                WaitLatch(nullptr, WL_TIMEOUT | WL_EXIT_ON_PM_DEATH, kPause,
                          pg::compat::wait_event());
            } else {
                WaitLatch(MyLatch, WL_LATCH_SET | WL_TIMEOUT | WL_EXIT_ON_PM_DEATH, 1000,
                          pg::compat::wait_event());
            }
            ResetLatch(MyLatch);
            CHECK_FOR_INTERRUPTS();
        }
    });
}

}  // namespace pgqrs::engine
