#include "core/effects.hpp"

namespace pgqrs::core {
namespace {

// Lowers the marks to a row that nobody else can see or lock yet.
void lower_to(Marks& marks, const Message& row, Instant now) {
    if (row.lease_end > now) {
        lower_to_leased(marks, row.priority, row.position(), row.lease_end);
    } else {
        lower_to_ready(marks, row.priority, row.position());
    }
}

}  // namespace

void Effects::locked(const Message& row) {
    lower_to_ready(after_abort, row.priority, row.position());
    ++ready_after_abort;
}

void Effects::held(const Message& row, Instant now) {
    lower_to(after_commit, row, now);
    lower_to(after_abort, row, now);
}

void Effects::added(const Message& row, Instant now) {
    lower_to(after_commit, row, now);
    if (row.lease_end <= now && row.available_at <= now && !row.is_parked()) {
        ++ready_after_commit;
    }
    change.add_message(row);
}

void Effects::removed(const Message& row) { change.remove_message(row); }

void Effects::changed(const Message& from, const Message& to, Instant now) {
    removed(from);
    added(to, now);
}

void Effects::everything_after_commit(std::int64_t waiters) {
    lower(after_commit, marks_at(kBeginning));
    ready_after_commit = waiters;
}

void Effects::leases_after_commit(std::int64_t waiters) {
    lower_leases(after_commit);
    ready_after_commit = waiters;
}

void Effects::everything_after_abort(std::int64_t waiters) {
    lower(after_abort, marks_at(kBeginning));
    ready_after_abort = waiters;
}

void Effects::add(const Effects& other) {
    lower(after_commit, other.after_commit);
    lower(after_abort, other.after_abort);
    ready_after_commit += other.ready_after_commit;
    ready_after_abort += other.ready_after_abort;
    change.add(other.change);
    reserved.add(other.reserved);
}

}  // namespace pgqrs::core
