#include "engine/runner_pool.hpp"

#include <algorithm>
#include <cstring>
#include <span>

#include "engine/clock.hpp"
#include "engine/settings.hpp"
#include "pg/shared_memory.hpp"

namespace pgqrs::engine {
namespace {

constexpr int kMostExecutors = 1024;
constexpr core::Duration kLongestPause = 300 * core::kSecond;
// In a row that failed.
constexpr int kMostStarts = 10;

// A pair of zeroes is free, in both.
struct Wanted {
    Executor executor;
    core::Instant due;
    int failures;               // to start a runner, in a row
    core::Duration not_before;  // by elapsed_clock()
};

struct Post {
    Executor executor;
    Latch* latch;  // null until the runner has come
    bool idle;
    bool wanted;  // since it became idle
};

struct Pool {
    LWLock* lock;
    Latch* launcher;
    int count;  // of the wanted
    Wanted wanted[kMostExecutors];
    Post posts[kMostRunners];
};

// Set once in each process, or inherited from the postmaster.
Pool* pool = nullptr;

Size size() { return sizeof(Pool); }

void attach(LWLock& lock) {
    bool found;
    pool = static_cast<Pool*>(ShmemInitStruct("pgqrs runners", sizeof(Pool), &found));
    if (!found) {
        std::memset(pool, 0, sizeof(Pool));
        pool->lock = &lock;
    }
}

class Locked {
public:
    Locked() { LWLockAcquire(pool->lock, LW_EXCLUSIVE); }
    ~Locked() { LWLockRelease(pool->lock); }
    Locked(const Locked&) = delete;
    Locked& operator=(const Locked&) = delete;
};

// These run with the lock.

std::span<Wanted> all_wanted() { return {pool->wanted, static_cast<std::size_t>(pool->count)}; }

// Null when there is no room for another one: the next round of maintenance finds it.
Wanted* find_wanted(const Executor& executor) {
    for (Wanted& each : all_wanted()) {
        if (each.executor == executor) {
            return &each;
        }
    }
    Wanted* place = nullptr;
    if (pool->count < kMostExecutors) {
        place = &pool->wanted[pool->count++];
    } else {
        const auto unused =
            std::find_if(all_wanted().begin(), all_wanted().end(),
                         [](const Wanted& each) { return each.due == core::kNever; });
        place = unused == all_wanted().end() ? nullptr : &*unused;
    }
    if (place != nullptr) {
        *place = {executor, core::kNever, 0, 0};
    }
    return place;
}

void want(const Executor& executor, core::Instant at) {
    if (Wanted* const wanted = find_wanted(executor)) {
        wanted->due = std::min(wanted->due, at);
    }
    if (pool->launcher != nullptr) {
        SetLatch(pool->launcher);
    }
    // Where there are as many as may be, one that is idle makes room.
    for (const Post& post : pool->posts) {
        if (post.idle && post.executor.database == executor.database &&
            !(post.executor == executor) && at <= clock_now()) {
            SetLatch(post.latch);
            return;
        }
    }
}

int runners_of(Oid database) {
    return static_cast<int>(
        std::count_if(std::begin(pool->posts), std::end(pool->posts),
                      [&](const Post& post) { return post.executor.database == database; }));
}

// When the launcher may start a runner for it.
core::Instant start_of(const Wanted& wanted, core::Instant now, core::Duration elapsed) {
    return std::max(wanted.due,
                    wanted.not_before <= elapsed ? wanted.due : now + wanted.not_before - elapsed);
}

Post* find_free_post() {
    Post* const end = std::end(pool->posts);
    Post* const found = std::find_if(std::begin(pool->posts), end, [](const Post& post) {
        return post.executor.database == InvalidOid;
    });
    return found == end ? nullptr : found;
}

void vacate(int post) {
    pool->posts[post] = {};
    if (pool->launcher != nullptr) {
        SetLatch(pool->launcher);
    }
}

}  // namespace

void request_runner_pool() {
    pg::share_memory({.name = "pgqrs_runners", .size = size, .attach = attach});
}

void want_runner(const Executor& executor, core::Instant at) noexcept {
    if (pool == nullptr || at == core::kNever) {
        return;
    }
    const Locked locked;
    if (at <= clock_now()) {
        for (Post& post : pool->posts) {
            if (post.executor == executor && post.idle && !post.wanted) {
                post.wanted = true;
                SetLatch(post.latch);
                return;
            }
        }
    }
    want(executor, at);
}

void attend_runner_pool() noexcept {
    const Locked locked;
    pool->launcher = MyLatch;
    // Those of the launcher before this one have come to their posts, or will not.
    for (Post& post : pool->posts) {
        if (post.latch == nullptr) {
            post = {};
        }
    }
}

void leave_runner_pool() noexcept {
    const Locked locked;
    pool->launcher = nullptr;
}

std::optional<int> take_due_runner(int most) noexcept {
    const Locked locked;
    const core::Instant now = clock_now();
    const core::Duration elapsed = elapsed_clock();
    Wanted* first = nullptr;
    for (Wanted& each : all_wanted()) {
        if (start_of(each, now, elapsed) <= now && runners_of(each.executor.database) < most &&
            (first == nullptr || each.due < first->due)) {
            first = &each;
        }
    }
    Post* const post = first == nullptr ? nullptr : find_free_post();
    if (post == nullptr) {
        return std::nullopt;
    }
    first->due = core::kNever;
    *post = {first->executor, nullptr, false, false};
    return static_cast<int>(post - pool->posts);
}

core::Instant next_due_runner(int most) noexcept {
    const Locked locked;
    const core::Instant now = clock_now();
    const core::Duration elapsed = elapsed_clock();
    core::Instant next = core::kNever;
    if (find_free_post() == nullptr) {
        return next;
    }
    for (const Wanted& each : all_wanted()) {
        // Where there are as many as may be, the launcher is woken when one leaves.
        if (each.due != core::kNever && runners_of(each.executor.database) < most) {
            next = std::min(next, start_of(each, now, elapsed));
        }
    }
    return next;
}

void put_back_runner(int post) noexcept {
    const Locked locked;
    if (Wanted* const wanted = find_wanted(pool->posts[post].executor)) {
        wanted->due = std::min(wanted->due, clock_now());
    }
    pool->posts[post] = {};
}

void give_up_runner(int post) noexcept {
    const Locked locked;
    if (Wanted* const wanted = find_wanted(pool->posts[post].executor)) {
        wanted->failures = std::min(wanted->failures + 1, kMostStarts);
        wanted->not_before =
            elapsed_clock() + std::min(core::kSecond << wanted->failures, kLongestPause);
        wanted->due =
            wanted->failures < kMostStarts ? std::min(wanted->due, clock_now()) : core::kNever;
    }
    pool->posts[post] = {};
}

void forget_runners_of_database(Oid database) noexcept {
    if (pool == nullptr) {
        return;
    }
    const Locked locked;
    Wanted* const end =
        std::remove_if(pool->wanted, pool->wanted + pool->count,
                       [&](const Wanted& each) { return each.executor.database == database; });
    pool->count = static_cast<int>(end - pool->wanted);
}

std::optional<Executor> post_of_runner(int post) noexcept {
    const Locked locked;
    const Post& own = pool->posts[post];
    return own.executor.database == InvalidOid || own.latch != nullptr
               ? std::nullopt
               : std::optional(own.executor);
}

void come_to_post(int post) noexcept {
    const Locked locked;
    Post& own = pool->posts[post];
    own.latch = MyLatch;
    if (Wanted* const wanted = find_wanted(own.executor)) {
        wanted->failures = 0;
        wanted->not_before = 0;
    }
}

void become_busy(int post) noexcept {
    const Locked locked;
    pool->posts[post].idle = pool->posts[post].wanted = false;
}

void become_idle(int post) noexcept {
    const Locked locked;
    Post& own = pool->posts[post];
    own.idle = true;
    own.wanted = false;
    // What was wanted before it finds when it looks once more.
    if (Wanted* const wanted = find_wanted(own.executor);
        wanted != nullptr && wanted->due <= clock_now()) {
        wanted->due = core::kNever;
    }
}

bool leave_post(int post, core::Instant next) noexcept {
    const Locked locked;
    Post& own = pool->posts[post];
    if (own.wanted) {
        own.idle = own.wanted = false;
        return false;
    }
    if (next != core::kNever) {
        want(own.executor, next);
    }
    vacate(post);
    return true;
}

void desert_post(int post) noexcept {
    const Locked locked;
    want(pool->posts[post].executor, clock_now());
    vacate(post);
}

bool is_post_wanted(int post, int most) noexcept {
    const Locked locked;
    const Executor& own = pool->posts[post].executor;
    const core::Instant now = clock_now();
    const core::Duration elapsed = elapsed_clock();
    const int runners = runners_of(own.database);
    return runners > most ||
           (runners == most &&
            std::any_of(all_wanted().begin(), all_wanted().end(), [&](const Wanted& each) {
                return each.executor.database == own.database && !(each.executor == own) &&
                       start_of(each, now, elapsed) <= now;
            }));
}

}  // namespace pgqrs::engine
