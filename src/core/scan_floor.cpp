#include "core/scan_floor.hpp"

#include <algorithm>

namespace pgqrs::core {
namespace {

// A backend spends at most a fiftieth of its time on rescans, as far as `most` allows.
constexpr Duration kRestPerCost = 50;

void lower(Instant& mark, Instant to) { mark = std::min(mark, to); }

void lower(Position& mark, Position to) { mark = std::min(mark, to); }

template <class All>
void lower(All& marks, const All& by) {
    for (std::size_t i = 0; i < marks.size(); ++i) {
        lower(marks[i], by[i]);
    }
}

// Parked messages are not, and rows of other priorities can only come from tables that somebody has altered.
bool is_delivered(int priority) {
    return priority >= kHighestPriority && priority <= kLowestPriority;
}

}  // namespace

Marks marks_at(Instant instant) {
    Marks marks;
    marks.ready.fill(instant);
    marks.leased.fill(instant);
    marks.lease_end.fill(instant);
    return marks;
}

void lower(Marks& marks, const Marks& by) {
    lower(marks.ready, by.ready);
    lower(marks.leased, by.leased);
    lower(marks.lease_end, by.lease_end);
}

void lower_to_ready(Marks& marks, int priority, Position message) {
    if (!is_delivered(priority)) {
        return;
    }
    lower(marks.ready[priority], message);
}

void lower_to_leased(Marks& marks, int priority, Position message, Instant lease_end) {
    if (!is_delivered(priority)) {
        return;
    }
    lower(marks.leased[priority], message);
    // When both have passed, it can be delivered.
    lower(marks.lease_end[priority], std::max(lease_end, message.available_at));
}

void lower_leases(Marks& marks) {
    marks.leased.fill(kBeginning);
    marks.lease_end.fill(kBeginning);
}

Instant next_event(const Marks& marks) {
    return std::min(std::min_element(marks.ready.begin(), marks.ready.end())->available_at,
                    *std::min_element(marks.lease_end.begin(), marks.lease_end.end()));
}

void Walk::leave(Position message) { lower(first_left, message); }

void Walk::pass_lease(Position message, Instant lease_end) {
    lower(first_leased, message);
    lower(earliest_lease_end, std::max(lease_end, message.available_at));
}

Scan plan_scan(const Marks& known, const Marks& own, Instant now, bool rescan) {
    Scan scan{known, {}};
    for (int priority = 0; priority < kPriorities; ++priority) {
        Walk& walk = scan.walks[priority];
        walk.start = std::min(known.ready[priority], own.ready[priority]);
        walk.all_leases = rescan || known.lease_end[priority] <= now;
        if (rescan) {
            walk.start = kBeginning;
        } else if (walk.all_leases) {
            lower(walk.start, known.leased[priority]);
        }
        if (own.lease_end[priority] <= now) {
            lower(walk.start, own.leased[priority]);
        }
        if (walk.start.available_at > now) {
            walk.start = kNever;
        }
    }
    return scan;
}

Marks settle(Marks& marks, const Scan& scan, const Marks& told) {
    Marks news = marks_at(kNever);
    for (int priority = 0; priority < kPriorities; ++priority) {
        const Walk& walk = scan.walks[priority];
        const Position reached = std::min(walk.reached, walk.first_left);
        if (reached == kBeginning) {
            continue;
        }
        lower_to_leased(news, priority, walk.first_leased, walk.earliest_lease_end);
        if (walk.all_leases) {
            marks.leased[priority] = walk.first_leased;
            marks.lease_end[priority] = walk.earliest_lease_end;
        } else {
            lower_to_leased(marks, priority, walk.first_leased, walk.earliest_lease_end);
        }
        // A scan that saw all leases may have set the marks without those we were told of.
        lower(marks.leased[priority], told.leased[priority]);
        lower(marks.lease_end[priority], told.lease_end[priority]);
        Position& ready = marks.ready[priority];
        if (walk.all_leases && reached < ready) {
            // More may lie between here and there.
            lower_to_ready(news, priority, reached);
            lower(ready, reached);
        } else if (reached >= scan.known.ready[priority]) {
            ready = std::max(ready, std::min(reached, told.ready[priority]));
        }
    }
    return news;
}

Duration rest_after_rescan(Duration cost, Duration least, Duration most) {
    return std::clamp(cost < most / kRestPerCost ? cost * kRestPerCost : most, least, most);
}

}  // namespace pgqrs::core
