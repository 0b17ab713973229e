// The memory that all backends share: one slot for each queue, one seat for each process.
//
// It exists when pgqrs is in shared_preload_libraries, and has room for pgqrs.max_shared_queues
// queues; further queues do without. PostgreSQL makes it anew when it starts and after a crash.
//
// Locking: the directory's lock protects which queue has which slot; a slot's own lock protects all
// else in it and in the seats that refer to it. A process that takes both takes the directory's first. Between
// locking and unlocking runs only plain computation that cannot raise.
#pragma once

#include <cstdint>

#include "core/depth.hpp"
#include "core/queue_counts.hpp"
#include "core/scan_floor.hpp"
#include "core/token_bucket.hpp"
#include "pg/compat.hpp"

namespace pgqrs::engine {

// Identifies a queue among those of all databases for as long as its table of messages lives.
struct QueueKey {
    Oid database;
    Oid relation;
    std::int32_t queue;

    bool operator==(const QueueKey&) const = default;
};

inline constexpr int kNone = -1;

// Whether a slot's counts are those of the queue; see counts.hpp.
enum class Counted : std::uint8_t { no, under_way, yes };

struct Slot {
    LWLock lock;
    QueueKey key;  // relation 0: free
    int next_free;
    core::Marks marks;
    std::int64_t next_rescan;  // by elapsed_clock()
    core::QueueCounts counts;  // every commit adds to them, whatever they are worth
    Counted counted;
    std::uint32_t recount;      // number of the last one
    std::int64_t next_recount;  // by elapsed_clock()
    int recount_patience;       // of the next one, in ms
    core::Depth depth;          // room that producers have reserved
    core::TokenBucket bucket;   // of the queue's enqueue_rate
    int first_scan;             // the seat of a scan under way, linked by Seat::next_scan
    int first_waiter;           // seats of those who wait, longest first
    int last_waiter;
    std::int64_t expected;        // deliveries by those who were told of messages (wait_list.hpp)
    std::int64_t expected_since;  // when the first of them was, by elapsed_clock()
    // For lower_marks(): the owner of the workflows whose runs the server executes (runner_pool.hpp), 0 when it
    // does not, and the time for which a runner was wanted since one looked last.
    Oid executing_owner;
    core::Instant runner_wanted;
    // For notices.cpp, which has the lock for the last two.
    char name[64];  // of the queue; empty while nobody asked for NOTIFY
    bool noticed;
    Slot* next_noticed;
};

struct Seat {
    pg_atomic_uint64 session;  // for sessions.cpp, without a lock; 0: none
    Slot* scanning;            // null: no scan under way
    int next_scan;
    core::Marks told;
    // Others write these. So its process, too, reads them only while it has the slot locked whose list it
    // joined.
    Slot* waiting;  // null: not in a list of waiters
    int previous_waiter;
    int next_waiter;
    Slot* woken_by;  // null: not woken, or the wake-up has been used; and while it is in a list
    Latch* latch;
};

// Asks for the memory. Call while preloading.
void request_shared_memory();

// Whether the server has it.
bool has_shared_memory() noexcept;

// A queue's slot, in a variable where its address is kept from call to call. Looks the slot up, and
// with `make` makes it when there is none. Null without shared memory or room. With `make`, call
// below a guard; without, it never raises.
Slot* find_slot(const QueueKey& key, Slot*& kept, bool make);

// Whether the slot is the key's; when it is, it is locked until unlock(). Never raises.
bool lock_if_of(Slot& slot, const QueueKey& key);
// Locks the slot, of whatever queue it is.
void lock(Slot& slot);
void unlock(Slot& slot);

// The seat of a process, by its number. That of this process: own_seat().
Seat& seat(int number);
Seat& own_seat();
int seat_count();

// Visits the slots whose key agrees with the pattern, each locked. A zero in the pattern stands for any. The visitor says
// whether the slot stays in use. Never raises.
enum class Keep { yes, no };
void visit_slots(const QueueKey& pattern, Keep (*visit)(Slot& slot));

}  // namespace pgqrs::engine
