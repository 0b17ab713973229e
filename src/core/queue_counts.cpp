#include "core/queue_counts.hpp"

#include <algorithm>

namespace pgqrs::core {
namespace {

QueueCounts counts_of(const Message& message) {
    QueueCounts counts;
    counts.messages = 1;
    counts.leased = message.lease_end != kBeginning ? 1 : 0;
    counts.delayed = is_put_off(message) ? 1 : 0;
    counts.parked = message.is_parked() && counts.leased == 0 ? 1 : 0;
    counts.newest = message.enqueued_at;
    return counts;
}

}  // namespace

bool is_put_off(const Message& message) {
    const Instant since =
        message.delivered_at != kBeginning ? message.delivered_at : message.enqueued_at;
    return message.lease_end == kBeginning && message.available_at > since &&
           (message.flags & kMadeAvailable) == 0 && !message.is_parked();
}

QueueCounts times(const QueueCounts& counts, std::int64_t factor) {
    return {.messages = counts.messages * factor,
            .leased = counts.leased * factor,
            .delayed = counts.delayed * factor,
            .parked = counts.parked * factor,
            .archived = counts.archived * factor,
            .finished = counts.finished * factor,
            .discarded = counts.discarded * factor,
            .newest = counts.newest};
}

void QueueCounts::add(const QueueCounts& other) {
    messages += other.messages;
    leased += other.leased;
    delayed += other.delayed;
    parked += other.parked;
    archived += other.archived;
    finished += other.finished;
    discarded += other.discarded;
    newest = std::max(newest, other.newest);
}

void QueueCounts::add_message(const Message& message) { add(counts_of(message)); }

void QueueCounts::remove_message(const Message& message) {
    QueueCounts gone = times(counts_of(message), -1);
    gone.newest = kBeginning;
    add(gone);
}

}  // namespace pgqrs::core
