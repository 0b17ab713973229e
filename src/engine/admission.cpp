#include "engine/admission.hpp"

#include <algorithm>

#include "core/producer_limits.hpp"
#include "engine/access.hpp"
#include "engine/clock.hpp"
#include "engine/journal.hpp"
#include "engine/known_counts.hpp"
#include "engine/recount.hpp"
#include "engine/row_count.hpp"
#include "engine/tables.hpp"
#include "pg/report.hpp"
#include "pg/spi.hpp"
#include "pg/transaction.hpp"

namespace pgqrs::engine {
namespace {

constexpr core::Duration kRestAfterCount = core::kSecond;

// A producer counts a queue anew himself when it has no more messages than this, and no more archived ones. Others
// are left to maintenance.
constexpr std::int64_t kQuickToCount = 10'000;

constinit pg::Statement count_some_archived(R"sql(
    SELECT count(*)
    FROM (SELECT FROM pgqrs.archive WHERE queue_id = $1 LIMIT $2) AS page
)sql",
                                            pg::Planning::indexed);

struct Request {
    const core::ProducerLimits* limits;
    QueueMarks* queue;
    core::Effects* effects;
    core::QueueCounts own;  // what the transaction has changed
    bool own_known;
    std::int64_t adds;

    bool limits_depth() const { return limits->max_messages > 0; }
    bool limits_rate() const { return limits->rate.rate > 0; }
};

enum class Answer { admitted, full, limited, unknown, no_slot };

struct Outcome {
    Answer answer = Answer::no_slot;
    core::Fullness found{};
    core::Duration wait = 0;
};

// Runs `code` with the queue's slot, locked.
template <class Code>
Outcome with_slot(QueueMarks& queue, Code code) {
    return pg::guard([&] {
        Slot* slot = find_slot(queue.key, queue.slot, true);
        if (slot == nullptr || !lock_if_of(*slot, queue.key)) {
            return Outcome{};
        }
        const Outcome outcome = code(*slot);
        unlock(*slot);
        return outcome;
    });
}

// Nothing of this raises, for the slot is locked.

std::int64_t room_for(const Request& request, const Slot& slot) noexcept {
    return core::room_needed(request.own.messages, own_reserved(*request.queue, slot.depth.tenancy),
                             request.adds);
}

void reserve(const Request& request, Slot& slot, std::int64_t room) noexcept {
    if (request.limits_depth()) {
        request.effects->reserved.add(slot.depth.reserve(room));
    }
}

// Zero when the tokens are taken, or none are needed.
core::Duration take_tokens(const Request& request, Slot& slot) noexcept {
    return request.limits_rate()
               ? slot.bucket.take(request.limits->rate, request.adds, elapsed_clock())
               : 0;
}

// Decides where the counts are known, or only the rate is limited.
Outcome try_to_admit(const Request& request, Slot& slot) noexcept {
    const std::int64_t room = room_for(request, slot);
    if (request.limits_depth()) {
        if (slot.counted != Counted::yes || !request.own_known) {
            return {.answer = Answer::unknown};
        }
        const std::int64_t reserved = slot.depth.reserved();
        if (room > 0 && slot.counts.messages + reserved + room > request.limits->max_messages) {
            return {.answer = Answer::full,
                    .found = {slot.counts.messages, reserved, true, request.adds}};
        }
    }
    if (const core::Duration wait = take_tokens(request, slot); wait > 0) {
        return {.answer = Answer::limited, .wait = wait};
    }
    reserve(request, slot, room);
    return {.answer = Answer::admitted};
}

[[noreturn]] void refuse(const Outcome& outcome, const core::ProducerLimits& limits,
                         std::string_view name) {
    if (outcome.answer == Answer::full) {
        core::raise_queue_full(name, limits.max_messages, outcome.found);
    }
    core::raise_rate_limited(name, limits.rate, outcome.wait);
}

// Whether the queue was counted anew: it is small, and the caller may read all of it.
bool learn_counts(const Request& request, const Table& messages) {
    const Access access{messages.access.queue, messages.access.name,
                        core::rights_for("queue_metrics")};
    if (!may_know_counts(access) ||
        count_up_to(messages, access.queue, kQuickToCount) == kQuickToCount) {
        return false;
    }
    return pg::with_spi([&] {
        const auto archived = [&] {
            const StatementRights rights(access, {{&kArchive, ACL_SELECT}});
            return count_some_archived.run({pg::int4(access.queue), pg::int8(kQuickToCount)})
                .int8(0, 1);
        };
        if (archived() == kQuickToCount) {
            return false;
        }
        const std::optional<int> patience = take_recount(*request.queue);
        return patience && recount(*request.queue, access, *patience);
    });
}

// Counts the messages unless what was counted last still serves, or the transaction adds no more than it has
// deleted. Raises when there is no room beside what others
// have reserved.
void count_for(const Request& request, const Table& messages, std::int64_t others) {
    if (request.own_known && request.own.messages + request.adds <= 0) {
        return;
    }
    QueueMarks::Room& known = request.queue->room;
    const std::int64_t limit = request.limits->max_messages;
    const std::int64_t now = elapsed_clock();
    if (known.limit == limit && now < known.until && request.adds <= known.room) {
        known.room -= request.adds;
        return;
    }
    known = {};
    // One more than the limit tells whether there are more.
    const std::int64_t there =
        count_up_to_with_uncommitted(messages, messages.access.queue, limit + 1);
    const std::int64_t room = limit - there - others;
    if (room < request.adds) {
        core::raise_queue_full(messages.access.name, limit,
                               {there, others, there <= limit, request.adds});
    }
    if (limit > core::kFewMessages) {
        known = {.limit = limit,
                 .room = std::min(room - request.adds, limit / 100),
                 .until = now + kRestAfterCount};
    }
}

// First the room is reserved, and then the messages are counted: so whoever reserves later counts us. What others
// have reserved and written counts twice.
void admit_by_counting(const Request& request, const Table& messages) {
    std::int64_t others = 0;
    with_slot(*request.queue, [&](Slot& slot) {
        others = slot.depth.open - own_reserved(*request.queue, slot.depth.tenancy);
        reserve(request, slot, room_for(request, slot));
        return Outcome{};
    });
    count_for(request, messages, others);
    const Outcome outcome = with_slot(*request.queue, [&](Slot& slot) {
        return Outcome{.answer = Answer::limited, .wait = take_tokens(request, slot)};
    });
    if (outcome.wait > 0) {
        refuse(outcome, *request.limits, messages.access.name);
    }
}

void warn_of_rate(std::string_view name) {
    static constinit bool warned = false;
    if (!warned) {
        warned = true;
        pg::warn("enqueue_rate of queue \"" + std::string(name) + "\" is not enforced",
                 has_shared_memory() ? "Shared memory has no room for the queue: raise "
                                       "pgqrs.max_shared_queues."
                                     : "It needs pgqrs in shared_preload_libraries.");
    }
}

void admit_without_slot(const Request& request, const Table& messages) {
    if (request.limits_depth()) {
        count_for(request, messages, 0);
    }
    if (request.limits_rate()) {
        warn_of_rate(messages.access.name);
    }
}

}  // namespace

void admit(const Queue& queue, const Table& messages, std::int64_t adds) {
    if (queue.limits->max_messages == 0 && queue.limits->rate.rate == 0) {
        return;
    }
    QueueMarks& marks = marks_of(messages.relation, queue.id);
    const OwnChange own = own_change(marks);
    const Request request{.limits = queue.limits.get(),
                          .queue = &marks,
                          .effects = &effects_on(marks),
                          .own = own.change,
                          .own_known = own.known,
                          .adds = adds};
    const auto attempt = [&] {
        return with_slot(marks, [&](Slot& slot) { return try_to_admit(request, slot); });
    };
    Outcome outcome = attempt();
    if (outcome.answer == Answer::unknown && !own.any && learn_counts(request, messages)) {
        outcome = attempt();
    }
    switch (outcome.answer) {
        case Answer::admitted:
            return;
        case Answer::unknown:
            admit_by_counting(request, messages);
            return;
        case Answer::no_slot:
            admit_without_slot(request, messages);
            return;
        default:
            refuse(outcome, *queue.limits, messages.access.name);
    }
}

}  // namespace pgqrs::engine
