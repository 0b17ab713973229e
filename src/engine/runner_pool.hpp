// The background workers that execute runs of workflows, in shared memory: which owners of workflows want one,
// and which there are.
//
// A queue whose runs the server executes is known by the owner in its slot (slots.hpp). A commit after which the
// queue has something to deliver, now or later, says so here. If a runner of the owner is idle, it is woken.
// Else the launcher (bgw/maintenance.hpp) is told, and starts one when it is time. A runner that has nothing to do
// says when it will have, and ends.
//
// It exists with preloading. One lock protects all of it; who takes it holds no other lock of ours, and takes none
// meanwhile. Nothing here raises, and without shared memory nothing here does anything.
#pragma once

#include <optional>

#include "core/duration.hpp"
#include "core/instant.hpp"
#include "pg/compat.hpp"

namespace pgqrs::engine {

// Asks for the memory. Call while preloading.
void request_runner_pool();

// Whose workflows are executed, and where.
struct Executor {
    Oid database;
    Oid owner;

    bool operator==(const Executor&) const = default;
};

// The owner will have something to execute at that time, or has.
void want_runner(const Executor& executor, core::Instant at) noexcept;

// For the launcher.

// While it runs, its latch is set when a runner is wanted earlier than it knows of.
void attend_runner_pool() noexcept;
void leave_runner_pool() noexcept;

// Takes a post for a runner that is due, of whose database there are fewer than `most`. Answers the number of the
// post, which the runner is to be started with.
std::optional<int> take_due_runner(int most) noexcept;
// When the next runner is due, as far as the launcher can tell; core::kNever for none.
core::Instant next_due_runner(int most) noexcept;
// There was no room for the process of the runner: it is due again.
void put_back_runner(int post) noexcept;
// A runner has ended without coming to its post: it is tried again later, and a few times only. After that, maintenance
// has to ask again.
void give_up_runner(int post) noexcept;
void forget_runners_of_database(Oid database) noexcept;

// For a runner.

// Whom the runner of the post is for; nothing when the post is nobody's, or taken.
std::optional<Executor> post_of_runner(int post) noexcept;
// It has connected.
void come_to_post(int post) noexcept;
// It has nothing to do: wants set its latch from now on. It must look once more after that.
void become_idle(int post) noexcept;
void become_busy(int post) noexcept;
// Leaves the post, unless something was wanted since it became idle; it has nothing to do before `next`.
bool leave_post(int post, core::Instant next) noexcept;
// The same, whatever was wanted: somebody has to look soon.
void desert_post(int post) noexcept;
// Whether it should make room: for a runner of another owner, or because fewer are allowed now.
bool is_post_wanted(int post, int most) noexcept;

}  // namespace pgqrs::engine
