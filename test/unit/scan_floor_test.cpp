// The arithmetic of scan floors: each function does what scan_floor.hpp says.
#include <algorithm>

#include "catch.hpp"
#include "core/scan_floor.hpp"

namespace core = pgqrs::core;
using core::Instant;
using core::kBeginning;
using core::kNever;
using core::Marks;
using core::marks_at;
using core::Scan;
using core::Walk;

namespace {

constexpr Instant kNow = 1000;
constexpr int kPriority = 5;
constexpr int kOther = 6;

bool same(const Marks& one, const Marks& other) {
    return one.ready == other.ready && one.leased == other.leased &&
           one.lease_end == other.lease_end;
}

// Marks of one priority; those of the others say of no message.
Marks marks_of(Instant ready, Instant leased, Instant lease_end) {
    Marks marks = marks_at(kNever);
    marks.ready[kPriority] = ready;
    marks.leased[kPriority] = leased;
    marks.lease_end[kPriority] = lease_end;
    return marks;
}

Walk walk_planned(const Marks& known, const Marks& own = marks_at(kNever), bool rescan = false) {
    return core::plan_scan(known, own, kNow, rescan).walks[kPriority];
}

// A scan that began when the marks were `known` and walked one priority.
Scan scan_done(const Marks& known, bool all_leases, Instant reached, Instant first_leased = kNever,
               Instant earliest_lease_end = kNever) {
    Scan scan{known, {}};
    scan.walks[kPriority] = {.start = kBeginning,
                             .all_leases = all_leases,
                             .reached = reached,
                             .first_leased = first_leased,
                             .earliest_lease_end = earliest_lease_end};
    return scan;
}

// The marks after settling a scan that began with `known` into `marks`.
Marks settled(Marks marks, const Scan& scan, const Marks& told = marks_at(kNever)) {
    core::settle(marks, scan, told);
    return marks;
}

}  // namespace

TEST_CASE("marks of one instant have it everywhere") {
    const Marks marks = marks_at(7);
    for (int priority = 0; priority < core::kPriorities; ++priority) {
        CHECK(marks.ready[priority] == 7);
        CHECK(marks.leased[priority] == 7);
        CHECK(marks.lease_end[priority] == 7);
    }
}

TEST_CASE("places are in the order of instants, then of ids") {
    CHECK(core::Position(7, 9) < core::Position(8, 1));
    CHECK(core::Position(7, 1) < core::Position(7, 2));
    CHECK(core::Position(7) < core::Position(7, 1));
    CHECK(core::Position(7, 2) < core::Position(8));
}

TEST_CASE("lowering takes the lower one of each mark") {
    Marks marks = marks_of(10, 20, 30);
    core::lower(marks, marks_of(11, 19, 31));
    CHECK(same(marks, marks_of(10, 19, 30)));
    core::lower(marks, marks_at(kNever));
    CHECK(same(marks, marks_of(10, 19, 30)));
    core::lower(marks, marks_at(kBeginning));
    CHECK(same(marks, marks_at(kBeginning)));
}

TEST_CASE("a message without a lease lowers ready of its priority only") {
    Marks marks = marks_at(kNever);
    core::lower_to_ready(marks, kPriority, 10);
    CHECK(same(marks, marks_of(10, kNever, kNever)));
    core::lower_to_ready(marks, kPriority, 11);
    CHECK(same(marks, marks_of(10, kNever, kNever)));
}

TEST_CASE("a message with a lease lowers leased and lease_end of its priority only") {
    Marks marks = marks_at(kNever);
    core::lower_to_leased(marks, kPriority, 10, 30);
    CHECK(same(marks, marks_of(kNever, 10, 30)));
    core::lower_to_leased(marks, kPriority, 11, 20);
    CHECK(same(marks, marks_of(kNever, 10, 20)));
}

TEST_CASE("a lease that ends before its message is available counts until then") {
    Marks marks = marks_at(kNever);
    core::lower_to_leased(marks, kPriority, 40, 30);
    CHECK(same(marks, marks_of(kNever, 40, 40)));
    Walk walk;
    walk.pass_lease(40, 30);
    CHECK(walk.first_leased == 40);
    CHECK(walk.earliest_lease_end == 40);
}

TEST_CASE("the next event is the first message or the first end of a lease, of all priorities") {
    CHECK(core::next_event(marks_at(kNever)) == kNever);
    CHECK(core::next_event(marks_of(20, 10, 30)) == 20);
    CHECK(core::next_event(marks_of(40, 10, 30)) == 30);
    Marks marks = marks_of(40, 10, 30);
    marks.ready[kOther] = 25;
    CHECK(core::next_event(marks) == 25);
}

TEST_CASE("a walk that passes leases keeps the first message and the first end") {
    Walk walk;
    walk.pass_lease(10, 60);
    walk.pass_lease(20, 50);
    walk.pass_lease(30, 70);
    CHECK(walk.first_leased == 10);
    CHECK(walk.earliest_lease_end == 50);
}

TEST_CASE("a scan starts where messages are ready") {
    const Walk walk = walk_planned(marks_of(100, 50, kNow + 1));
    CHECK(walk.start == 100);
    CHECK_FALSE(walk.all_leases);
    CHECK(walk.reached == kBeginning);
}

TEST_CASE("a scan knows the marks it began with") {
    const Marks known = marks_of(100, 50, kNow + 1);
    CHECK(same(core::plan_scan(known, marks_at(kNever), kNow, false).known, known));
}

TEST_CASE("there is nothing to walk for when nothing is ready yet") {
    CHECK(walk_planned(marks_of(kNow, kNever, kNever)).start == kNow);
    CHECK(walk_planned(marks_of(kNow + 1, kNever, kNever)).start == kNever);
    CHECK(walk_planned(marks_at(kNever)).start == kNever);
}

TEST_CASE("a lease that has ended makes the scan start at the leases") {
    const Walk before = walk_planned(marks_of(100, 50, kNow + 1));
    CHECK(before.start == 100);
    CHECK_FALSE(before.all_leases);
    const Walk walk = walk_planned(marks_of(100, 50, kNow));
    CHECK(walk.start == 50);
    CHECK(walk.all_leases);
    CHECK(walk_planned(marks_of(100, 150, kNow)).start == 100);
    CHECK(walk_planned(marks_of(kNever, 50, kNow)).start == 50);
}

TEST_CASE("a rescan starts at the beginning and sees all leases") {
    for (const Marks& known : {marks_of(100, 50, kNow + 1), marks_at(kNever)}) {
        const Walk walk = walk_planned(known, marks_at(kNever), true);
        CHECK(walk.start == kBeginning);
        CHECK(walk.all_leases);
    }
}

TEST_CASE("what only the caller can see makes its scan start there") {
    const Marks known = marks_of(100, 50, kNow + 1);
    CHECK(walk_planned(known, marks_of(80, kNever, kNever)).start == 80);
    CHECK(walk_planned(known, marks_of(120, kNever, kNever)).start == 100);
    CHECK(walk_planned(known, marks_of(kNever, 30, kNow)).start == 30);
    CHECK(walk_planned(known, marks_of(kNever, 30, kNow + 1)).start == 100);
    // Others' leases before `ready` were not walked over, so they are not all seen.
    CHECK_FALSE(walk_planned(known, marks_of(kNever, 30, kNow)).all_leases);
}

TEST_CASE("each priority has a start of its own") {
    Marks known = marks_of(100, kNever, kNever);
    known.ready[kOther] = 200;
    const Scan scan = core::plan_scan(known, marks_at(kNever), kNow, false);
    CHECK(scan.walks[kPriority].start == 100);
    CHECK(scan.walks[kOther].start == 200);
    CHECK(scan.walks[0].start == kNever);
}

TEST_CASE("a walk raises ready to where it got") {
    const Marks known = marks_of(100, 50, 5000);
    CHECK(same(settled(known, scan_done(known, false, 300)), marks_of(300, 50, 5000)));
    CHECK(same(settled(known, scan_done(known, false, kNever)), marks_of(kNever, 50, 5000)));
}

TEST_CASE("a walk that did not take place changes nothing") {
    const Marks known = marks_of(100, 50, 500);
    Marks marks = known;
    const Marks news = core::settle(marks, scan_done(known, true, kBeginning), marks_at(kNever));
    CHECK(same(marks, known));
    CHECK(same(news, marks_at(kNever)));
}

TEST_CASE("a walk does not raise ready above what it was told") {
    const Marks known = marks_of(100, kNever, kNever);
    const Scan scan = scan_done(known, false, 300);
    CHECK(settled(marks_of(20, kNever, kNever), scan, marks_of(20, kNever, kNever))
              .ready[kPriority] == 20);
    CHECK(settled(known, scan, marks_of(200, kNever, kNever)).ready[kPriority] == 200);
    CHECK(settled(known, scan, marks_of(400, kNever, kNever)).ready[kPriority] == 300);
}

TEST_CASE("a walk does not lower what another one has raised") {
    const Marks known = marks_of(100, kNever, kNever);
    const Marks raised = marks_of(700, kNever, kNever);
    CHECK(same(settled(raised, scan_done(known, false, 300)), raised));
    CHECK(
        same(settled(raised, scan_done(known, false, 300), marks_of(200, kNever, kNever)), raised));
}

TEST_CASE("a walk that began too late to see all before ready raises nothing") {
    // It started at a message of its own, and did not get as far as ready.
    const Marks known = marks_of(100, 50, 5000);
    CHECK(same(settled(known, scan_done(known, false, 80)), known));
    CHECK(same(settled(known, scan_done(known, false, 80, 60, 4000)), marks_of(100, 50, 4000)));
}

TEST_CASE("a walk lowers the marks of leases to those it passed, and tells of them") {
    const Marks known = marks_of(100, 120, 5000);
    Marks marks = known;
    const Marks news =
        core::settle(marks, scan_done(known, false, 300, 110, 4000), marks_at(kNever));
    CHECK(same(marks, marks_of(300, 110, 4000)));
    CHECK(same(news, marks_of(kNever, 110, 4000)));
}

TEST_CASE("a walk that saw all leases sets their marks anew") {
    const Marks known = marks_of(100, 50, 500);
    CHECK(same(settled(known, scan_done(known, true, 300)), marks_of(300, kNever, kNever)));
    CHECK(same(settled(known, scan_done(known, true, 300, 60, 4000)), marks_of(300, 60, 4000)));
}

TEST_CASE("a walk that saw all leases keeps those it was told of") {
    const Marks known = marks_of(100, 50, 500);
    const Marks told = marks_of(kNever, 70, 3000);
    CHECK(same(settled(marks_of(100, 50, 500), scan_done(known, true, 300), told),
               marks_of(300, 70, 3000)));
    CHECK(same(settled(marks_of(100, 50, 500), scan_done(known, true, 300, 60, 4000), told),
               marks_of(300, 60, 3000)));
}

TEST_CASE("a walk that stopped among the leases lowers ready to there, and tells of it") {
    const Marks known = marks_of(100, 50, 500);
    Marks marks = known;
    const Marks news = core::settle(marks, scan_done(known, true, 60, 55, 4000), marks_at(kNever));
    CHECK(same(marks, marks_of(60, 55, 4000)));
    CHECK(same(news, marks_of(60, 55, 4000)));
    // Also when another one has raised ready meanwhile.
    CHECK(same(settled(marks_of(700, 50, 500), scan_done(known, true, 60, 55, 4000)),
               marks_of(60, 55, 4000)));
}

TEST_CASE("a walk that saw all leases up to where it got lowers ready to there") {
    // Another one has raised ready meanwhile, over leases that this one did not get to.
    const Marks known = marks_of(100, 50, 500);
    Marks marks = marks_of(700, 400, 500);
    const Marks news = core::settle(marks, scan_done(known, true, 300), marks_at(kNever));
    CHECK(same(marks, marks_of(300, kNever, kNever)));
    CHECK(same(news, marks_of(300, kNever, kNever)));
}

TEST_CASE("a walk that raises ready vouches for the leases it was told of") {
    // One that saw all leases, but none after 200, has set their marks without those.
    const Marks known = marks_of(100, 400, 5000);
    CHECK(same(settled(marks_of(200, kNever, kNever), scan_done(known, false, 700),
                       marks_of(kNever, 400, 3000)),
               marks_of(700, 400, 3000)));
}

TEST_CASE("a message that was left counts as not dealt with") {
    const Marks known = marks_of(100, 50, 500);
    Scan scan = scan_done(known, false, 300);
    scan.walks[kPriority].leave(250);
    scan.walks[kPriority].leave(270);
    CHECK(same(settled(known, scan), marks_of(250, 50, 500)));
    // Among the leases.
    scan = scan_done(known, true, 300, 60, 4000);
    scan.walks[kPriority].leave(70);
    Marks marks = known;
    const Marks news = core::settle(marks, scan, marks_at(kNever));
    CHECK(same(marks, marks_of(70, 60, 4000)));
    CHECK(same(news, marks_of(70, 60, 4000)));
    // Beyond the message that was taken.
    scan = scan_done(known, false, 300);
    scan.walks[kPriority].leave(400);
    CHECK(same(settled(known, scan), marks_of(300, 50, 500)));
}

TEST_CASE("only the priorities that were walked are settled") {
    Marks known = marks_of(100, 50, 500);
    known.ready[kOther] = 40;
    const Marks marks = settled(known, scan_done(known, true, 300));
    CHECK(marks.ready[kPriority] == 300);
    CHECK(marks.ready[kOther] == 40);
}

TEST_CASE("the rest after a rescan is fifty times its cost, within bounds") {
    CHECK(core::rest_after_rescan(10, 0, 1'000'000) == 500);
    CHECK(core::rest_after_rescan(0, 0, 1'000'000) == 0);
    CHECK(core::rest_after_rescan(10, 700, 1'000'000) == 700);
    CHECK(core::rest_after_rescan(20'000, 0, 1'000'000) == 1'000'000);
    CHECK(core::rest_after_rescan(core::kDay * 10'000'000, 0, core::kDay) == core::kDay);
}
