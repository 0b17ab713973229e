// What a transaction did to messages says how the marks and counts change when it ends.
#include "core/effects.hpp"

#include "catch.hpp"
#include "messages.hpp"

namespace core = pgqrs::core;
using core::Effects;
using core::Instant;
using core::kBeginning;
using core::kNever;
using core::Marks;
using core::marks_at;

namespace {

constexpr Instant kNow = 1000;
constexpr int kPriority = 5;
constexpr int kOther = 6;

Marks marks_of(core::Position ready, core::Position leased, Instant lease_end) {
    Marks marks = marks_at(kNever);
    marks.ready[kPriority] = ready;
    marks.leased[kPriority] = leased;
    marks.lease_end[kPriority] = lease_end;
    return marks;
}

bool same(const Marks& one, const Marks& other) {
    return one.ready == other.ready && one.leased == other.leased &&
           one.lease_end == other.lease_end;
}

core::Message message(int priority, Instant available_at, Instant lease_end = kBeginning) {
    core::Message row = message_at(available_at, lease_end);
    row.priority = priority;
    return row;
}

// The place of such a message.
core::Position place(Instant available_at) { return {available_at, kMessageId}; }

}  // namespace

TEST_CASE("an added message is ready after the commit and not there after a rollback") {
    Effects effects;
    effects.added(message(kPriority, 10), kNow);
    effects.added(message(kPriority, 5000), kNow);
    CHECK(same(effects.after_commit, marks_of(place(10), kNever, kNever)));
    CHECK(same(effects.after_abort, marks_at(kNever)));
    CHECK(effects.ready_after_commit == 1);
    CHECK(effects.ready_after_abort == 0);
    CHECK(effects.change.messages == 2);
}

TEST_CASE("a message added with a lease is leased after the commit, and nobody is woken for it") {
    Effects effects;
    effects.added(message(kPriority, 10, 3000), kNow);
    CHECK(same(effects.after_commit, marks_of(kNever, place(10), 3000)));
    CHECK(effects.ready_after_commit == 0);
}

TEST_CASE("a lease that has run out is none") {
    Effects effects;
    effects.added(message(kPriority, 10, kNow), kNow);
    CHECK(same(effects.after_commit, marks_of(place(10), kNever, kNever)));
    CHECK(effects.ready_after_commit == 1);
}

TEST_CASE("a message that is leased is leased after the commit and ready after a rollback") {
    Effects effects;
    effects.locked(message(kPriority, 10));
    effects.changed(message(kPriority, 10), message(kPriority, 10, 3000), kNow);
    CHECK(same(effects.after_commit, marks_of(kNever, place(10), 3000)));
    CHECK(same(effects.after_abort, marks_of(place(10), kNever, kNever)));
    CHECK(effects.ready_after_commit == 0);
    CHECK(effects.ready_after_abort == 1);
    CHECK(effects.change.messages == 0);
    CHECK(effects.change.leased == 1);
}

TEST_CASE("a removed message counts no more and lowers nothing at the commit") {
    Effects effects;
    effects.locked(message(kPriority, 10));
    effects.removed(message(kPriority, 10));
    CHECK(same(effects.after_commit, marks_at(kNever)));
    CHECK(same(effects.after_abort, marks_of(place(10), kNever, kNever)));
    CHECK(effects.change.messages == -1);
}

TEST_CASE("a message held as it is stays so whichever way the transaction ends") {
    Effects leased;
    leased.held(message(kPriority, 10, 3000), kNow);
    CHECK(same(leased.after_commit, marks_of(kNever, place(10), 3000)));
    CHECK(same(leased.after_abort, marks_of(kNever, place(10), 3000)));
    Effects ready;
    ready.held(message(kPriority, 10), kNow);
    CHECK(same(ready.after_commit, marks_of(place(10), kNever, kNever)));
    CHECK(same(ready.after_abort, marks_of(place(10), kNever, kNever)));
    CHECK(ready.change.messages == 0);
}

TEST_CASE("everything can become deliverable, on either way out") {
    Effects effects;
    effects.everything_after_commit(7);
    CHECK(same(effects.after_commit, marks_at(kBeginning)));
    CHECK(same(effects.after_abort, marks_at(kNever)));
    CHECK(effects.ready_after_commit == 7);
    effects.everything_after_abort(8);
    CHECK(same(effects.after_abort, marks_at(kBeginning)));
    CHECK(effects.ready_after_abort == 8);
}

TEST_CASE("what a subtransaction did adds to what its parent did") {
    Effects parent;
    parent.added(message(kPriority, 10), kNow);
    parent.locked(message(kPriority, 50));
    Effects child;
    child.added(message(kPriority, 20), kNow);
    child.locked(message(kOther, 30));
    child.changed(message(kOther, 30), message(kOther, 30, 4000), kNow);
    parent.add(child);
    Marks expected = marks_of(place(10), kNever, kNever);
    expected.leased[kOther] = place(30);
    expected.lease_end[kOther] = 4000;
    CHECK(same(parent.after_commit, expected));
    expected = marks_of(place(50), kNever, kNever);
    expected.ready[kOther] = place(30);
    CHECK(same(parent.after_abort, expected));
    CHECK(parent.ready_after_commit == 2);
    CHECK(parent.ready_after_abort == 2);
    CHECK(parent.change.messages == 2);
    CHECK(parent.change.leased == 1);
}
