// The shared memory for NOTIFY: which slots have a notice, and the posts of the workers that send them.
//
// Slots with a notice form a list. One lock protects the list and the posts. Who takes it holds no other
// lock, and takes no other of ours meanwhile.
#pragma once

#include <span>

#include "engine/slots.hpp"
#include "pg/compat.hpp"

namespace pgqrs::engine {

// The post of a database's worker. It is taken when PostgreSQL has been told to run the worker, and given
// up by a worker that has nothing to do, or when the database is dropped. In between PostgreSQL starts
// the worker again whenever it ends.
struct Post {
    Oid database;  // InvalidOid: free
    Latch* latch;  // of the worker; null while it is not there
    int promises;  // transactions that may leave a notice
    int starts;    // of the worker since it last got something done
};

inline constexpr int kMostPosts = 32;

struct Notices {
    LWLock* lock;
    Slot* first;
    Post posts[kMostPosts];
};

// Asks for the memory. Call while preloading.
void request_notices();

// Null without shared memory.
Notices* shared_notices() noexcept;

// The rest is called with the lock, and raises nothing.

// The post of the database; null when there is none.
Post* find_post(Oid database) noexcept;
// A free post, or null.
Post* find_free_post() noexcept;

// Puts the slot on the list unless it is there.
void list_notice(Slot& slot) noexcept;

// Takes notices of the database off the list, at most as many as there is room for, and those whose
// queues are gone; answers how many.
int take_notices(Oid database, std::span<Slot*> room) noexcept;

// Whether there is a notice of the database.
bool has_notices(Oid database) noexcept;

}  // namespace pgqrs::engine
