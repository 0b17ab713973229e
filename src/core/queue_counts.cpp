// See queue_counts.hpp.
#include "core/queue_counts.hpp"

#include <algorithm>

namespace pgqrs::core {
namespace {

QueueCounts counts_of(const MessageTimes& times) {
    return {.messages = 1,
            .leased = times.lease_end != kBeginning ? 1 : 0,
            .delayed = is_put_off(times) ? 1 : 0,
            .newest = times.enqueued_at};
}

}  // namespace

bool is_put_off(const MessageTimes& times) {
    const Instant since = times.delivered_at != kBeginning ? times.delivered_at : times.enqueued_at;
    return times.lease_end == kBeginning && times.available_at > since;
}

QueueCounts times(const QueueCounts& counts, std::int64_t factor) {
    return {.messages = counts.messages * factor,
            .leased = counts.leased * factor,
            .delayed = counts.delayed * factor,
            .archived = counts.archived * factor,
            .finished = counts.finished * factor,
            .discarded = counts.discarded * factor,
            .newest = counts.newest};
}

void QueueCounts::add(const QueueCounts& other) {
    messages += other.messages;
    leased += other.leased;
    delayed += other.delayed;
    archived += other.archived;
    finished += other.finished;
    discarded += other.discarded;
    newest = std::max(newest, other.newest);
}

void QueueCounts::add_message(const MessageTimes& of) { add(counts_of(of)); }

void QueueCounts::remove_message(const MessageTimes& of) {
    QueueCounts gone = times(counts_of(of), -1);
    gone.newest = kBeginning;
    add(gone);
}

}  // namespace pgqrs::core
